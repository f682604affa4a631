// y = act(x)
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 0
#include "elementwise.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) y[i] = activate(x[i]); }
