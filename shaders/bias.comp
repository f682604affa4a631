// y = act(x + b), b for each channel
// build: bias
// build: bias_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
TENSOR(0, readonly, x)
layout(binding = 1) readonly buffer B { vec4 b[]; };
TENSOR(2, writeonly, y)

void main() {
    if (slot >= slots) return;
    LOAD_FULL(shift, b, 0u)
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        v = activate(v + shift);
        STORE(y, row, v)
    }
}
