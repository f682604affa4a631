// score[q,j] = (J, J before clipping), Eqn 4, of candidate j for query q:
//   J = (1-lambda) fit~ + lambda c~
// with the query's fits brought to the scale chosen here, and complexities c that come scaled, before clipping as well;
// (+inf, +inf) past the end of the query's segment. An invocation takes a query: there are many of them, and barriers
// would cost a CPU driver more than all else.
#version 450
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x = 8) in;
layout(constant_id = 0) const uint SCALE = 0;
const uint PERCENTILE = 0, RAW = 1, ZSCORE = 2, RANK = 3;
layout(binding = 0) readonly buffer Fit { float fit[]; };
layout(binding = 1) readonly buffer Complexity { vec2 complexity[]; }; // scaled, before clipping
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; };     // start, count
layout(binding = 3) writeonly buffer Score { vec2 score[]; };
layout(push_constant) uniform P { uint queries, images, longest; float lambda; };

const float INF = 1.0 / 0.0;

// selected is the k-th smallest of the row's n numbers, from 0, and the one after it. None is negative, so their bits
// order as they do: the least number with more than k numbers up to it, found by cutting the bits from low to high in five.
vec2 selected(uint at, uint n, uint k, float low, float high) {
    uint from = floatBitsToUint(low), to = floatBitsToUint(high);
    while (from < to) {
        uvec4 cut = from + (to - from) / 5u * uvec4(1, 2, 3, 4), upTo = uvec4(0);
        for (uint j = 0u; j < n; j++) upTo += uvec4(lessThanEqual(vec4(fit[at + j]), uintBitsToFloat(cut)));
        [[unroll]] for (int c = 3; c >= 0; c--) if (upTo[c] > k) to = cut[c];
        [[unroll]] for (int c = 0; c < 4; c++) if (upTo[c] <= k) from = cut[c] + 1u;
    }
    float least = uintBitsToFloat(from), next = high;
    uint upTo = 0u;
    for (uint j = 0u; j < n; j++) {
        float f = fit[at + j];
        upTo += uint(f <= least);
        if (f > least) next = min(next, f);
    }
    return vec2(least, upTo > k + 1u ? least : next);
}

void main() {
    uint q = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 8u + gl_LocalInvocationID.x;
    if (q >= queries) return;
    uvec2 s = segment[q / images];
    uint at = q * longest, n = s.y;
    float low = INF, high = 0.0, factor = 1.0;
    for (uint j = 0u; j < n; j++) {
        low = min(low, fit[at + j]);
        high = max(high, fit[at + j]);
    }
    if (SCALE == PERCENTILE) { // the 95th percentile lies at 19/20 of n-1, between two numbers
        vec2 around = selected(at, n, 19u * (n - 1u) / 20u, low, high);
        high = mix(around.x, around.y, float(19u * (n - 1u) % 20u) / 20.0);
        factor = high > low ? 1.0 / (high - low) : 0.0;
    } else if (SCALE == ZSCORE) {
        float mean = 0.0, square = 0.0;
        for (uint j = 0u; j < n; j++) mean += (fit[at + j] - low) / float(n); // exactly 0 when all are equal
        for (uint j = 0u; j < n; j++) {
            float d = fit[at + j] - low - mean;
            square += d * d / float(n);
        }
        low += mean;
        factor = square > 0.0 ? inversesqrt(square) : 0.0;
    } else {
        low = 0.0;
    }
    for (uint j = 0u; j < n; j += 4u) { // four candidates at once share what RANK loads
        uvec4 own = min(j + uvec4(0, 1, 2, 3), uvec4(n - 1u));
        vec4 f = vec4(fit[at + own.x], fit[at + own.y], fit[at + own.z], fit[at + own.w]);
        if (SCALE == RANK) {
            uvec4 below = uvec4(0);
            for (uint i = 0u; i < n; i++) below += uvec4(lessThan(vec4(fit[at + i]), f));
            f = vec4(below) / float(max(n - 1u, 1u));
        } else {
            f = (f - low) * factor;
        }
        for (uint k = 0u; k < min(4u, n - j); k++)
            score[at + j + k] = (1.0 - lambda) * vec2(SCALE == PERCENTILE ? clamp(f[k], 0.0, 1.0) : f[k], f[k])
                              + lambda * complexity[s.x + j + k];
    }
    for (uint j = n; j < longest; j++) score[at + j] = vec2(INF);
}
