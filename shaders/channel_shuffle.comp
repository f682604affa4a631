// y[row, j * groups + g] = x[row, g * (C / groups) + j]
// build: channel_shuffle
// build: channel_shuffle_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint groups;
#include "rows.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)

void main() {
    if (slot >= slots) return;
    uvec4 c = channels();
    c = (c % groups) * (C / groups) + c / groups;
    FOR_EACH_ROW(row) {
        uvec4 e = row * C + c;
        vec4 v = vec4(GET1(x, e.x), GET1(x, e.y), GET1(x, e.z), GET1(x, e.w));
        STORE(y, row, v)
    }
}
