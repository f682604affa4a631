// y[row, c] = x[row, c - at] where that is one of x's channels, otherwise 0
// build: pad_channels
// build: pad_channels_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint at, xC;
#include "rows.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)

void main() {
    if (slot >= slots) return;
    uvec4 c = channels() - at; // wraps below at
    bvec4 inside = lessThan(c, uvec4(xC));
    bool aligned = WHOLE && at % 4u == 0u && xC % 4u == 0u;
    FOR_EACH_ROW(row) {
        vec4 v = vec4(0);
        if (aligned) {
            if (inside.x) v = GET(x, (row * xC + c.x) / 4u);
        } else
            for (uint k = 0u; k < 4u; k++)
                if (inside[k]) v[k] = GET1(x, row * xC + c[k]);
        STORE(y, row, v)
    }
}
