// d[c,i,j] = |x_i - x_j|, from differences: the Gram form loses the small distances that H0 is made of. A row ends on
// a vec4, filled with the largest float. d[c,i,i] is 0, or NaN where x_i is not finite.
//
// The grid's x is one tile of 32 x 32 pairs on or above the diagonal, y the class. Fragment sources:
//   SG  a subgroup of 8 lanes owns the tile. A lane loads four points of either side with wide loads and the subgroup
//       broadcasts the left ones: few load instructions, which is what costs on CPU drivers. The width is whole quads.
//   SM  64 invocations own 4 x 4 pairs each, staged through shared memory. For GPUs.
// build: topo_distances_sg -DSG -DWIDE
// build: topo_distances_sm
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "topo.glsl"
#include "topo_features.glsl"
#ifdef SG
#extension GL_KHR_shader_subgroup_ballot : require
layout(local_size_x = 8) in;
#else
layout(local_size_x = 64) in;
#endif
layout(binding = 1) readonly buffer Classes { Class classOf[]; };
layout(binding = 2) writeonly buffer D { float d[]; };

const uint TILE = 32u;

uint c = gl_WorkGroupID.y, n = classOf[c].n;
#ifdef SG
uint lane = gl_SubgroupInvocationID;
#else
uint lane = gl_LocalInvocationID.x;
#endif

// The first points of the tile, left <= right.
uvec2 tile() {
    uint high = 0u, low = gl_WorkGroupID.x;
    while (low > high) low -= ++high;
    return TILE * uvec2(low, high);
}

void store(uvec2 first, uvec2 p, float square) {
    float v = p.x < n && p.y < n ? sqrt(square) : 3.402823466e38;
    if (p.x < n && p.y < stride) d[at(c, p.x, p.y)] = v;
    if (first.x != first.y && p.y < n && p.x < stride) d[at(c, p.y, p.x)] = v;
}

#ifdef SG
void main() {
    uvec2 first = tile();
    if (first.y >= n) return;
    uvec2 row[4];
    [[unroll]] for (uint r = 0u; r < 4u; r++) row[r] = c * rows + min(first + lane + 8u * r, uvec2(n - 1u));
    float sum[4][TILE];
    [[unroll]] for (uint s = 0u; s < 4u; s++)
        [[unroll]] for (uint i = 0u; i < TILE; i++) sum[s][i] = 0.0;
    for (uint q = 0u; q < quads; q++) {
        vec4 left[4], right[4];
        [[unroll]] for (uint r = 0u; r < 4u; r++) {
            left[r] = quad(row[r].x, q);
            right[r] = quad(row[r].y, q);
        }
        [[unroll]] for (uint r = 0u; r < 4u; r++) {
            #define ROW(L) { \
                vec4 x = subgroupBroadcast(left[r], L); \
                [[unroll]] for (uint s = 0u; s < 4u; s++) { \
                    vec4 v = x - right[s]; \
                    sum[s][8u * r + L] += dot(v, v); \
                } \
            }
            ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
            #undef ROW
        }
    }
    [[unroll]] for (uint s = 0u; s < 4u; s++)
        [[unroll]] for (uint i = 0u; i < TILE; i++) store(first, first + uvec2(i, lane + 8u * s), sum[s][i]);
}
#else
const uint DEPTH = 8u;
shared vec4 left[DEPTH * TILE], right[DEPTH * TILE]; // [quad][point]

void main() {
    uvec2 first = tile();
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
        for (uint s = 0u; s < 4u; s++) store(first, first + uvec2(lane / 8u + 8u * r, lane % 8u + 8u * s), sum[r][s]);
}
#endif
