// y = min(max(x, 0), top)
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; float top; };

void main() { FOR_EACH_VEC4(i, n) y[i] = min(max(x[i], vec4(0)), vec4(top)); }
