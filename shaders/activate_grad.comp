// dx = act' times dy (+ dy2), from v: y, or x where the activation's gradient
// is a function of that
// build: activate_grad
// build: activate_grad_sum -DSUM
// build: activate_grad_half -DHALF
// build: activate_grad_sum_half -DSUM -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 0
#include "elementwise.glsl"
#include "half.glsl"
#include "activation.glsl"
TENSOR(0, readonly, v)
TENSOR(1, readonly, dy)
#ifdef SUM
TENSOR(2, readonly, dy2)
TENSOR(3, writeonly, dx)
#else
TENSOR(2, writeonly, dx)
#endif
layout(push_constant) uniform P { uint n; };

void main() {
    FOR_EACH_VEC4(i, n) {
        vec4 d = GET(dy, i);
#ifdef SUM
        d += GET(dy2, i);
#endif
        PUT(dx, i, activate_grad(d, GET(v, i)));
    }
}
