// dx = act' dy, from v: y, or x where the activation's gradient is a function of
// x + b, b for each channel
// build: bias_grad_input
// build: bias_grad_input_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
TENSOR(0, readonly, dy)
TENSOR(1, readonly, v)
layout(binding = 2) readonly buffer B { vec4 b[]; };
TENSOR(3, writeonly, dx)

void main() {
    if (slot >= slots) return;
    LOAD_FULL(shift, b, 0u)
    FOR_EACH_ROW(row) {
        LOAD(d, dy, row)
        LOAD(z, v, row)
        if (FROM_Z) z += shift;
        d = activate_grad(d, z);
        STORE(dx, row, d)
    }
}
