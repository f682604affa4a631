// dx = act' times dy (+ dy2), from v: y, or x where the activation's gradient
// is a function of that
// build: activate_grad
// build: activate_grad_sum -DSUM
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 0
#include "elementwise.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer V { vec4 v[]; };
layout(binding = 1) readonly buffer DY { vec4 dy[]; };
#ifdef SUM
layout(binding = 2) readonly buffer DY2 { vec4 dy2[]; };
layout(binding = 3) writeonly buffer DX { vec4 dx[]; };
#else
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };
#endif
layout(push_constant) uniform P { uint n; };

void main() {
    FOR_EACH_VEC4(i, n) {
        vec4 d = dy[i];
#ifdef SUM
        d += dy2[i];
#endif
        dx[i] = activate_grad(d, v[i]);
    }
}
