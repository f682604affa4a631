// Each slot's part of dgamma = sum over rows of z dy and of dbeta = sum of dy, z = (x - mean) rstd.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer X { vec4 x[]; };
layout(binding = 2) readonly buffer Stats { vec2 stats[]; }; // [rows]: mean, rstd
layout(binding = 3) writeonly buffer Part { vec4 part[]; }; // [slots, 2, quads]

void main() {
    if (slot >= slots) return;
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(d, dy, row)
        LOAD(v, x, row)
        vec2 s = stats[row];
        dgamma += d * (v - s.x) * s.y;
        dbeta += d;
    }
    part[2u * slot * quads + quad] = dgamma;
    part[(2u * slot + 1u) * quads + quad] = dbeta;
}
