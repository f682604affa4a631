// x = x within the bounds of its channel, which repeat every period vec4
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer Lo { vec4 lo[]; };
layout(binding = 1) readonly buffer Hi { vec4 hi[]; };
layout(binding = 2) buffer X { vec4 x[]; };
layout(push_constant) uniform P { uint n, period; };

void main() { FOR_EACH_VEC4(i, n) x[i] = clamp(x[i], lo[i % period], hi[i % period]); }
