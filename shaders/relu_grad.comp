// dx = dy (+ dy2) where 0 < y < top, otherwise 0
// build: relu_grad
// build: relu_grad_sum -DSUM
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer Y { vec4 y[]; };
layout(binding = 1) readonly buffer DY { vec4 dy[]; };
#ifdef SUM
layout(binding = 2) readonly buffer DY2 { vec4 dy2[]; };
layout(binding = 3) writeonly buffer DX { vec4 dx[]; };
#else
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };
#endif
layout(push_constant) uniform P { uint n; float top; };

void main() {
    FOR_EACH_VEC4(i, n) {
        vec4 v = y[i], d = dy[i];
#ifdef SUM
        d += dy2[i];
#endif
        dx[i] = mix(vec4(0), mix(vec4(0), d, greaterThan(v, vec4(0))), lessThan(v, vec4(top)));
    }
}
