// Adds up the rows whose label is among the k largest logits; among equal
// logits the lower class comes first. A lane takes every 64th row.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint rows, C, k; };
layout(binding = 0) readonly buffer Z { float z[]; };
layout(binding = 1) readonly buffer Labels { uint labels[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    float hits = 0.0;
    FOR_EACH_COLUMN(r, rows) {
        uint label = labels[r];
        if (label >= C) continue;
        float mine = z[r * C + label];
        uint ahead = 0u;
        for (uint c = 0u; c < C; c++) {
            float other = z[r * C + c];
            if (other > mine || other == mine && c < label) ahead++;
        }
        if (ahead < k && !isnan(mine)) hits += 1.0;
    }
    hits = row_sum(hits);
    if (lane == 0u) y[0] = hits;
}
