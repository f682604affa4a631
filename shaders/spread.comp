// y[i] = scale * x
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; float scale; };

void main() {
    vec4 v = vec4(scale * x[0]);
    FOR_EACH_VEC4(i, n) y[i] = v;
}
