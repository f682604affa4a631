// d[c,i,j] = |x_i - x_j|, from differences: the Gram form loses the small distances that H0 is made of. A row ends on
// a vec4, filled with the largest float. d[c,i,i] is 0, or NaN where x_i is not finite.
//
// The grid's x is one tile of 32 x 32 pairs on or above the diagonal, y the class; an invocation takes 4 x 4 pairs.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
#include "topo_features.glsl"
layout(local_size_x = 64) in;
layout(binding = 1) readonly buffer Classes { Class classOf[]; };
layout(binding = 2) writeonly buffer D { float d[]; };

const uint TILE = 32u, DEPTH = 8u;
shared vec4 left[DEPTH * TILE], right[DEPTH * TILE]; // [quad][point]

uint lane = gl_LocalInvocationID.x;

void main() {
    uint c = gl_WorkGroupID.y, n = classOf[c].n;
    uint high = 0u, low = gl_WorkGroupID.x; // tile (low, high), low <= high
    while (low > high) low -= ++high;
    uvec2 first = TILE * uvec2(low, high);
    if (first.y >= n) return;

    float sum[4][4];
    for (uint r = 0u; r < 4u; r++)
        for (uint s = 0u; s < 4u; s++) sum[r][s] = 0.0;
    for (uint q0 = 0u; q0 < quads; q0 += DEPTH) {
        for (uint t = lane; t < DEPTH * TILE; t += 64u) {
            uint point = t / DEPTH, q = t % DEPTH, to = q * TILE + point;
            uvec2 row = c * rows + min(first + point, uvec2(n - 1u));
            bool inside = q0 + q < quads;
            left[to] = inside ? quad(row.x, q0 + q) : vec4(0);
            right[to] = inside ? quad(row.y, q0 + q) : vec4(0);
        }
        barrier();
        for (uint q = 0u; q < DEPTH; q++) {
            vec4 a[4], b[4];
            for (uint r = 0u; r < 4u; r++) {
                a[r] = left[q * TILE + lane / 8u + 8u * r];
                b[r] = right[q * TILE + lane % 8u + 8u * r];
            }
            for (uint r = 0u; r < 4u; r++)
                for (uint s = 0u; s < 4u; s++) {
                    vec4 v = a[r] - b[s];
                    sum[r][s] += dot(v, v);
                }
        }
        barrier();
    }
    for (uint r = 0u; r < 4u; r++)
        for (uint s = 0u; s < 4u; s++) {
            uvec2 p = first + uvec2(lane / 8u + 8u * r, lane % 8u + 8u * s);
            float v = p.x < n && p.y < n ? sqrt(sum[r][s]) : 3.402823466e38;
            if (p.x < n && p.y < stride) d[at(c, p.x, p.y)] = v;
            if (low != high && p.y < n && p.x < stride) d[at(c, p.y, p.x)] = v;
        }
}
