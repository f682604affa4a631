// y = x + c s d, of a scalar s in memory
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer D { vec4 d[]; };
layout(binding = 2) readonly buffer S { float s; };
layout(binding = 3) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; float c; };

void main() {
    float by = c * s;
    FOR_EACH_VEC4(i, n) y[i] = x[i] + by * d[i];
}
