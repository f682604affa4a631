// dx = act' dy, from v: y, or x where the activation's gradient is a function of
// x + b, b for each channel
#version 450
#extension GL_GOOGLE_include_directive : require
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer V { vec4 v[]; };
layout(binding = 2) readonly buffer B { vec4 b[]; };
layout(binding = 3) writeonly buffer DX { vec4 dx[]; };

void main() {
    if (slot >= slots) return;
    LOAD(shift, b, 0u)
    FOR_EACH_ROW(row) {
        LOAD(d, dy, row)
        LOAD(z, v, row)
        if (FROM_Z) z += shift;
        d = activate_grad(d, z);
        STORE(dx, row, d)
    }
}
