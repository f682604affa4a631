// score[q,j] = (J, J before clipping), Eqn 4, of candidate j for query q:
//   J = (1-lambda) fit~ + lambda c~
// with the query's fits brought to the scale chosen here, and complexities c that come scaled, before clipping as well;
// (+inf, +inf) past the end of the query's segment. A workgroup takes a query.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(constant_id = 0) const uint SCALE = 0;
const uint PERCENTILE = 0, RAW = 1, ZSCORE = 2, RANK = 3;
layout(binding = 0) readonly buffer Fit { float fit[]; };
layout(binding = 1) readonly buffer Complexity { vec2 complexity[]; }; // scaled, before clipping
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; };     // start, count
layout(binding = 3) writeonly buffer Score { vec2 score[]; };
layout(push_constant) uniform P { uint queries, images, longest; float lambda; };

const float INF = 1.0 / 0.0;

// selected is the k-th smallest of the row's n numbers, from 0, and the one after it: their bits, which order as they
// do because none is negative, byte by byte from the highest.
shared uint bins[256];
shared uvec2 found; // byte, numbers before among those that share the bytes above
vec2 selected(uint at, uint n, uint k) {
    uint above = 0u, known = 0u, equal = 0u;
    for (int shift = 24; shift >= 0; shift -= 8) {
        FOR_EACH_COLUMN(b, 256u) bins[b] = 0u;
        barrier();
        FOR_EACH_COLUMN(j, n) {
            uint u = floatBitsToUint(fit[at + j]);
            if ((u & known) == above) atomicAdd(bins[u >> shift & 255u], 1u);
        }
        barrier();
        if (lane == 0u) {
            found = uvec2(0u, k);
            while (found.x < 255u && found.y >= bins[found.x]) found = uvec2(found.x + 1u, found.y - bins[found.x]);
        }
        barrier();
        k = found.y;
        equal = bins[found.x];
        above |= found.x << shift;
        known |= 255u << shift;
        barrier();
    }
    float least = uintBitsToFloat(above), next = INF;
    FOR_EACH_COLUMN(j, n) if (fit[at + j] > least) next = min(next, fit[at + j]);
    next = -row_max(-next);
    return vec2(least, k + 1u < equal || isinf(next) ? least : next);
}

void main() {
    if (row >= queries) return;
    uvec2 s = segment[row / images];
    uint at = row * longest, n = s.y;
    float low = 0.0, factor = 1.0;
    if (SCALE == PERCENTILE || SCALE == ZSCORE) {
        low = INF;
        FOR_EACH_COLUMN(j, n) low = min(low, fit[at + j]);
        low = -row_max(-low);
    }
    if (SCALE == PERCENTILE) { // the 95th percentile lies at 19/20 of n-1, between two numbers
        vec2 around = selected(at, n, 19u * (n - 1u) / 20u);
        float high = mix(around.x, around.y, float(19u * (n - 1u) % 20u) / 20.0);
        factor = high > low ? 1.0 / (high - low) : 0.0;
    }
    if (SCALE == ZSCORE) {
        float mean = 0.0, square = 0.0;
        FOR_EACH_COLUMN(j, n) mean += fit[at + j] - low; // exactly 0 when all are equal
        mean = row_sum(mean) / float(n);
        FOR_EACH_COLUMN(j, n) { float d = fit[at + j] - low - mean; square += d * d; }
        square = row_sum(square) / float(n);
        low += mean;
        factor = square > 0.0 ? inversesqrt(square) : 0.0;
    }
    FOR_EACH_COLUMN(j, longest) {
        vec2 v = vec2(INF);
        if (j < n) {
            float f = (fit[at + j] - low) * factor;
            if (SCALE == RANK) {
                uint below = 0u;
                for (uint i = 0u; i < n; i++) below += uint(fit[at + i] < fit[at + j]);
                f = float(below) / float(max(n - 1u, 1u));
            }
            v = (1.0 - lambda) * vec2(SCALE == PERCENTILE ? clamp(f, 0.0, 1.0) : f, f) + lambda * complexity[s.x + j];
        }
        score[at + j] = v;
    }
}
