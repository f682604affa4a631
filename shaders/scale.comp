// y = s * x
// build: scale
// build: scale_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "half.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)
layout(push_constant) uniform P { uint n; float s; };

void main() { FOR_EACH_VEC4(i, n) PUT(y, i, s * GET(x, i)); }
