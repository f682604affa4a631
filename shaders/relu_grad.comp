// dx = dy where 0 < y < top, otherwise 0
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer Y { vec4 y[]; };
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };
layout(push_constant) uniform P { uint n; float top; };

void main() {
    FOR_EACH_VEC4(i, n) {
        vec4 v = y[i];
        dx[i] = mix(vec4(0), mix(vec4(0), dy[i], greaterThan(v, vec4(0))), lessThan(v, vec4(top)));
    }
}
