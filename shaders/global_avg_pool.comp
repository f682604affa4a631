// The mean over an image's pixels, [N,H,W,C] to [N,C]: an image is a slot of
// rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    vec4 sum = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        sum += v;
    }
    sum /= float(per);
    STORE(y, slot, sum)
}
