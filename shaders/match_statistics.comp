// For each layer of statistics [2, T], of which it has the columns from
// segments[2l] on, segments[2l+1] of them, and for each of K targets [2, T]:
// the distance of the means plus that of the variances, weighted and added up,
// sum_k weights[k, l] (|m - m_k| + |v - v_k|); a workgroup a layer. GRAD gives
// dloss[l] times its gradient; a distance of zero has none.
// build: match_statistics
// build: match_statistics_grad -DGRAD
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint T, layers, targets; };
layout(binding = 0) readonly buffer Stats { float stats[]; };
layout(binding = 1) readonly buffer Targets { float target[]; };
layout(binding = 2) readonly buffer Weights { float weights[]; };
layout(binding = 3) readonly buffer Segments { uint segments[]; };
#ifdef GRAD
layout(binding = 4) readonly buffer DLoss { float dloss[]; };
layout(binding = 5) buffer DStats { float dstats[]; };
#else
layout(binding = 4) writeonly buffer Loss { float loss[]; };
#endif

void main() {
    if (row >= layers) return; // uniform over the workgroup
    uint from = segments[2u * row], count = segments[2u * row + 1u];
    float sum = 0.0;
    for (uint k = 0u; k < targets; k++) {
        uint at = 2u * T * k;
        vec2 square = vec2(0);
        FOR_EACH_COLUMN(i, count) {
            uint c = from + i;
            vec2 d = vec2(stats[c] - target[at + c], stats[T + c] - target[at + T + c]);
            square += d * d;
        }
        vec2 norm = sqrt(vec2(row_sum(square.x), row_sum(square.y)));
        float weight = weights[k * layers + row];
        sum += weight * (norm.x + norm.y);
#ifdef GRAD
        vec2 scale = mix(vec2(0), weight * dloss[row] / norm, greaterThan(norm, vec2(0)));
        FOR_EACH_COLUMN(i, count) {
            uint c = from + i;
            vec2 d = scale * vec2(stats[c] - target[at + c], stats[T + c] - target[at + T + c]);
            if (k > 0u) d += vec2(dstats[c], dstats[T + c]);
            dstats[c] = d.x;
            dstats[T + c] = d.y;
        }
#endif
    }
#ifndef GRAD
    if (lane == 0u) loss[row] = sum;
#endif
}
