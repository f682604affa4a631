// reach[c,i] = the k-th smallest distance from point i to another one; -1 for what is no point, NaN where a distance
// is not finite.
//
// Distances are not negative, so their bits are ordered as they are. Their own 0 counts in, hence k + 1. The search
// keeps the invariant that at most k of the row's values are below least, more than k up to most, and both are values
// of the row: it ends after about log2(n) passes, ties or not, and its result is exact.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer D { uvec4 d[]; };
layout(binding = 1) readonly buffer Classes { Class classOf[]; };
layout(binding = 2) writeonly buffer Reach { float reach[]; };

void main() {
    uint c = gl_WorkGroupID.y, i = gl_GlobalInvocationID.x;
    uint n = classOf[c].n, k = classOf[c].k;
    if (i >= stride) return;
    if (i >= n || k == 0u) {
        reach[c * stride + i] = -1.0;
        return;
    }
    uint row = at(c, i, 0u) / 4u, least = NONE, most = 0u;
    for (uint q = 0u; q < (n + 3u) / 4u; q++) {
        uvec4 v = d[row + q];
        for (uint e = 0u; e < min(4u, n - 4u * q); e++) {
            least = min(least, v[e]);
            most = max(most, v[e] & 0x7fffffffu); // a NaN may be negative
        }
    }
    if (most >= 0x7f800000u) {
        reach[c * stride + i] = uintBitsToFloat(0x7fc00000u);
        return;
    }
    while (least < most) {
        uint middle = least + (most - least) / 2u, count = 0u, below = 0u, above = NONE;
        for (uint q = row; q < row + (n + 3u) / 4u; q++) {
            uvec4 v = d[q];
            for (uint e = 0u; e < 4u; e++)
                if (v[e] <= middle) {
                    count++;
                    below = max(below, v[e]);
                } else above = min(above, v[e]);
        }
        if (count > k) most = below;
        else least = above;
        if (count == k + 1u) break;
    }
    reach[c * stride + i] = uintBitsToFloat(most);
}
