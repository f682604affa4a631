// y = a * b
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer A { vec4 a[]; };
layout(binding = 1) readonly buffer B { vec4 b[]; };
layout(binding = 2) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) y[i] = a[i] * b[i]; }
