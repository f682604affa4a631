// y[c,i,j] = |query[c,i] - pool[start[c]+j]|^2, j < count[c]; +inf for j >= count[c].
//
// A product with (q - z)^2 in place of q z: as fast, since loads bound both, and small distances keep their digits. A
// workgroup of 8 owns 32 candidates, four a lane. Fragment sources, as in conv2d.comp:
//   16 queries at most, ROWS of them: each lane loads two and the subgroup broadcasts them. Needs subgroups of 8.
//   8 queries, which every lane loads (PLAIN).
// build: segment_distances
// build: segment_distances_plain -DPLAIN
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "fours.glsl"
#ifdef PLAIN
const int TILE = 8;
#else
#extension GL_KHR_shader_subgroup_ballot : require
const int TILE = 16;
#endif
layout(local_size_x = 8) in;
layout(constant_id = 0) const bool WHOLE = true; // width is a multiple of 4
layout(constant_id = 1) const int ROWS = TILE; // queries a workgroup takes
layout(binding = 0) readonly buffer Query { wide4 query[]; };
layout(binding = 1) readonly buffer Pool { wide4 pool[]; };
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; }; // start, count
layout(binding = 3) writeonly buffer Y { float y[]; };
layout(push_constant) uniform P { uint images, width, longest, tiles; }; // workgroups for a class's queries

// Numbers 4k to 4k+3 of a row; 0 past its end.
#define WORD(t, e) all4(t[(e) >> 2])[(e) & 3u]
#define ROW_QUAD(name, t) \
    vec4 name(uint row, uint k) { \
        if (WHOLE) return all4(t[row * (width / 4u) + k]); \
        vec4 v = vec4(0); \
        for (uint i = 4u * k; i < min(4u * k + 4u, width); i++) v[i & 3u] = WORD(t, row * width + i); \
        return v; \
    }
ROW_QUAD(queryQuad, query)
ROW_QUAD(poolQuad, pool)

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint c = gl_WorkGroupID.y / tiles, tile = gl_WorkGroupID.y % tiles * ROWS;
    uvec2 s = segment[c];
    uvec4 own = gl_WorkGroupID.x * 32u + lane * 4u + uvec4(0, 1, 2, 3);
    uvec4 z = s.x + min(own, uvec4(s.y - 1u));
    uint first = c * images, last = first + images - 1u;

    vec4 acc[TILE];
    [[unroll]] for (int i = 0; i < TILE; i++) acc[i] = vec4(0);
    for (uint k = 0u; k < (width + 3u) / 4u; k++) {
        mat4 b = transpose(mat4(poolQuad(z.x, k), poolQuad(z.y, k), poolQuad(z.z, k), poolQuad(z.w, k)));
        #define TERM(i, q, b) if (i < ROWS) { vec4 d = (q) - (b); acc[i] += d * d; }
#ifndef PLAIN
        [[unroll]] for (int j = 0; j < TILE; j += 8) {
            vec4 q = queryQuad(min(first + tile + j + lane, last), k);
            #define ROW(L) TERM(j + L, subgroupBroadcast(q.x, L), b[0]) TERM(j + L, subgroupBroadcast(q.y, L), b[1]) \
                           TERM(j + L, subgroupBroadcast(q.z, L), b[2]) TERM(j + L, subgroupBroadcast(q.w, L), b[3])
            ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
        }
#else
        [[unroll]] for (int i = 0; i < TILE; i++) {
            vec4 q = queryQuad(min(first + tile + i, last), k);
            TERM(i, q.x, b[0]) TERM(i, q.y, b[1]) TERM(i, q.z, b[2]) TERM(i, q.w, b[3])
        }
#endif
    }
    [[unroll]] for (int i = 0; i < TILE; i++) {
        if (i >= ROWS || tile + i >= images) break;
        [[unroll]] for (int k = 0; k < 4; k++)
            if (own[k] < longest) y[(first + tile + i) * longest + own[k]] = own[k] < s.y ? acc[i][k] : 1.0 / 0.0;
    }
}
