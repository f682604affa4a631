// Each slot's part of db = sum over rows of dy.
// build: bias_grad
// build: bias_grad_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
TENSOR(0, readonly, dy)
layout(binding = 1) writeonly buffer Part { vec4 part[]; }; // [slots, quads]

void main() {
    if (slot >= slots) return;
    vec4 sum = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(d, dy, row)
        sum += d;
    }
    part[slot * quads + quad] = sum;
}
