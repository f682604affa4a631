// y = gamma (x - mean) rstd + beta, mean and rstd of every row
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = 3) readonly buffer Stats { vec2 stats[]; }; // [rows]: mean, rstd
layout(binding = 4) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    LOAD(scale, gamma, 0u)
    LOAD(shift, beta, 0u)
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        vec2 s = stats[row];
        v = (v - s.x) * s.y * scale + shift;
        STORE(y, row, v)
    }
}
