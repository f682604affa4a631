// score[q,j] = (J, J before clipping), Eqn 4, of candidate j for query q:
//   J = (1-lambda) fit~ + lambda c~
// with the query's fits brought to the scale chosen here, and complexities c that come scaled, before clipping as well;
// (+inf, +inf) past the end of the query's segment. An invocation takes a query, or `take` candidates of one where a
// candidate's scale is its own (RANK): there are many of them, and barriers would cost a CPU driver more than all else.
// It goes through the candidates in large steps, because Mesa's CPU driver leaves every loop, in silence, once an
// invocation has made 65535 turns.
#version 450
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x = 8) in;
layout(constant_id = 0) const uint SCALE = 0;
const uint PERCENTILE = 0, RAW = 1, ZSCORE = 2, RANK = 3;
layout(binding = 0) readonly buffer Fit { float fit[]; };
layout(binding = 1) readonly buffer Complexity { vec2 complexity[]; }; // scaled, before clipping
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; };     // start, count
layout(binding = 3) readonly buffer Lambda { float lambda; };
layout(binding = 4) writeonly buffer Score { vec2 score[]; };
layout(push_constant) uniform P { uint queries, images, longest, take; };

const float INF = 1.0 / 0.0;
const uint STEP = 16u;

// The fits of candidates j to j+3 of n from row at; the last one's again past the end.
vec4 fits(uint at, uint j, uint n) {
    uvec4 own = at + min(j + uvec4(0, 1, 2, 3), uvec4(n - 1u));
    return vec4(fit[own.x], fit[own.y], fit[own.z], fit[own.w]);
}

bvec4 past(uint j, uint n) { return greaterThanEqual(j + uvec4(0, 1, 2, 3), uvec4(n)); }

// The same, +inf past the end.
vec4 fitsOrInf(uint at, uint j, uint n) { return mix(fits(at, j, n), vec4(INF), past(j, n)); }

vec4 inside(vec4 v, uint j, uint n) { return mix(v, vec4(0), past(j, n)); }

// selected is the k-th smallest of the row's n numbers, from 0, and the one after it. None is negative, so their bits
// order as they do: the least number with more than k numbers up to it, found by cutting the bits from low to high in five.
vec2 selected(uint at, uint n, uint k, float low, float high) {
    uint from = floatBitsToUint(low), to = floatBitsToUint(high);
    while (from < to) {
        uvec4 cut = from + (to - from) / 5u * uvec4(1, 2, 3, 4), upTo = uvec4(0);
        for (uint j = 0u; j < n; j += STEP)
            [[unroll]] for (uint s = 0u; s < STEP; s += 4u) {
                vec4 f = fitsOrInf(at, j + s, n), c = uintBitsToFloat(cut);
                [[unroll]] for (uint e = 0u; e < 4u; e++) upTo += uvec4(lessThanEqual(vec4(f[e]), c));
            }
        [[unroll]] for (int c = 3; c >= 0; c--) if (upTo[c] > k) to = cut[c];
        [[unroll]] for (int c = 0; c < 4; c++) if (upTo[c] <= k) from = cut[c] + 1u;
    }
    float least = uintBitsToFloat(from);
    uvec4 upTo = uvec4(0);
    vec4 next = vec4(high);
    for (uint j = 0u; j < n; j += STEP)
        [[unroll]] for (uint s = 0u; s < STEP; s += 4u) {
            vec4 f = fitsOrInf(at, j + s, n);
            upTo += uvec4(lessThanEqual(f, vec4(least)));
            next = min(next, mix(vec4(INF), f, greaterThan(f, vec4(least))));
        }
    return vec2(least, upTo.x + upTo.y + upTo.z + upTo.w > k + 1u ? least : min(min(next.x, next.y), min(next.z, next.w)));
}

void main() {
    uint i = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 8u + gl_LocalInvocationID.x;
    uint parts = (longest + take - 1u) / take, q = i / parts, first = i % parts * take, end = min(first + take, longest);
    if (q >= queries) return;
    uvec2 s = segment[q / images];
    uint at = q * longest, n = s.y;
    float low = 0.0, factor = 1.0;
    if (SCALE == PERCENTILE || SCALE == ZSCORE) {
        vec4 least = vec4(INF), most = vec4(0);
        for (uint j = 0u; j < n; j += STEP)
            [[unroll]] for (uint s = 0u; s < STEP; s += 4u) {
                vec4 f = fits(at, j + s, n);
                least = min(least, f);
                most = max(most, f);
            }
        low = min(min(least.x, least.y), min(least.z, least.w));
        float high = max(max(most.x, most.y), max(most.z, most.w));
        if (SCALE == PERCENTILE) { // the 95th percentile lies at 19/20 of n-1, between two numbers
            vec2 around = selected(at, n, 19u * (n - 1u) / 20u, low, high);
            high = mix(around.x, around.y, float(19u * (n - 1u) % 20u) / 20.0);
            factor = high > low ? 1.0 / (high - low) : 0.0;
        } else {
            vec4 sum = vec4(0), square = vec4(0);
            for (uint j = 0u; j < n; j += STEP)
                [[unroll]] for (uint s = 0u; s < STEP; s += 4u) sum += inside(fits(at, j + s, n) - low, j + s, n);
            float mean = dot(sum, vec4(1.0 / float(n))); // exactly 0 when all are equal
            for (uint j = 0u; j < n; j += STEP)
                [[unroll]] for (uint s = 0u; s < STEP; s += 4u) {
                    vec4 d = inside(fits(at, j + s, n) - low - mean, j + s, n);
                    square += d * d;
                }
            low += mean;
            float variance = dot(square, vec4(1.0 / float(n)));
            factor = variance > 0.0 ? inversesqrt(variance) : 0.0;
        }
    }
    for (uint j = first; j < end; j += 4u) {
        vec4 f = fits(at, j, n);
        if (SCALE == RANK) {
            uvec4 below = uvec4(0);
            for (uint o = 0u; o < n; o += STEP) // four candidates at once share what is loaded
                [[unroll]] for (uint s = 0u; s < STEP; s += 4u) {
                    vec4 other = fitsOrInf(at, o + s, n);
                    [[unroll]] for (uint e = 0u; e < 4u; e++) below += uvec4(lessThan(vec4(other[e]), f));
                }
            f = vec4(below) / float(max(n - 1u, 1u));
        } else {
            f = (f - low) * factor;
        }
        vec4 clipped = SCALE == PERCENTILE ? clamp(f, 0.0, 1.0) : f;
        [[unroll]] for (uint k = 0u; k < 4u; k++)
            if (j + k < end) {
                bool none = j + k >= n;
                vec2 own = complexity[s.x + min(j + k, n - 1u)];
                score[at + j + k] = none ? vec2(INF) : (1.0 - lambda) * vec2(clipped[k], f[k]) + lambda * own;
            }
    }
}
