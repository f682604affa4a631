// y = act(x)
// build: activate
// build: activate_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 0
#include "elementwise.glsl"
#include "half.glsl"
#include "activation.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) PUT(y, i, activate(GET(x, i))); }
