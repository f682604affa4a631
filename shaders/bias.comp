// y = act(x + b), b for each channel
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer B { vec4 b[]; };
layout(binding = 2) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    LOAD(shift, b, 0u)
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        v = activate(v + shift);
        STORE(y, row, v)
    }
}
