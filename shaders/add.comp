// y = a + b
// build: add
// build: add_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "half.glsl"
TENSOR(0, readonly, a)
TENSOR(1, readonly, b)
TENSOR(2, writeonly, y)
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) PUT(y, i, GET(a, i) + GET(b, i)); }
