// Each slot's mean and sum of squared deviations, channel by channel. The sums
// are taken around the slot's first row, so that a mean far from zero costs no
// digits.
// build: channel_stats
// build: channel_stats_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
TENSOR(0, readonly, x)
layout(binding = 1) writeonly buffer Part { vec4 part[]; }; // [slots, 2, quads]

void main() {
    if (slot >= slots) return;
    uint first = slot * per, end = min(first + per, rows);
    LOAD(pivot, x, first)
    vec4 sum = vec4(0), square = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        v -= pivot;
        sum += v;
        square += v * v;
    }
    vec4 mean = sum / float(end - first);
    part[2u * slot * quads + quad] = pivot + mean;
    part[(2u * slot + 1u) * quads + quad] = max(square - sum * mean, vec4(0));
}
