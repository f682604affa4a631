#version 450
// matmul multiplies, for every item and head, two matrices: y = scale op(a) op(b), y [M, N], inner size K. A matrix is a
// block of columns of a tensor whose rows are whole vec4: it begins at from + item * items + head * heads and its rows are
// `rows` apart, all in vec4. op transposes where TRANSPOSE_A or TRANSPOSE_B says so: a is then [K, M], b [N, K].
// Columns of y from N up to a whole vec4 are written with finite numbers; those of a and b past the matrix are read, not used.
//
// Fragment sources as in conv2d.comp:
//   SG  a subgroup of 8 lanes takes one item and head, in tiles of 32 x 32.
//   SM  256 invocations take a tile of 64 x 64.
// build: matmul_sg -DSG
// build: matmul_sm -DSM
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#ifdef SG
#extension GL_KHR_shader_subgroup_ballot : require
#include "wide.glsl"
layout(local_size_x = 8) in;
#else
#define wide4 vec4
#define all4(v) (v)
#define toWide4(v) (v)
layout(local_size_x = 256) in;
#endif
#include "divide.glsl"
layout(std430, binding = 0) readonly buffer A { wide4 a[]; };
layout(std430, binding = 1) readonly buffer B { wide4 b[]; };
layout(std430, binding = 2) writeonly buffer Y { wide4 y[]; };
layout(constant_id = 0) const bool TRANSPOSE_A = false;
layout(constant_id = 1) const bool TRANSPOSE_B = false;
layout(push_constant) uniform Push {
    int M, N, K, heads, groups; // groups: items * heads
    int aFrom, aItems, aHeads, aRows;
    int bFrom, bItems, bHeads, bRows;
    int yFrom, yItems, yHeads, yRows;
    float scale;
};

struct Group { int a, b, y; }; // first vec4 of the three matrices

Group groupOf(int group) {
    int item = quotient(group, heads), head = group - item * heads;
    return Group(aFrom + item * aItems + head * aHeads, bFrom + item * bItems + head * bHeads, yFrom + item * yItems + head * yHeads);
}

#ifdef SG
void main() {
    const int lane = int(gl_SubgroupInvocationID);
    int group = int(gl_WorkGroupID.x + 65535 * gl_WorkGroupID.y);
    if (group >= groups) return;
    Group g = groupOf(group);
    int n4 = (N + 3) / 4, m4 = (M + 3) / 4;
    for (int m = 0; m < M; m += 32) for (int n = 0; n < n4; n += 8) {
        vec4 acc[32];
        [[unroll]] for (int i = 0; i < 32; i++) acc[i] = vec4(0);
        int aAt[4], bAt[4];
        [[unroll]] for (int i = 0; i < 4; i++) {
            aAt[i] = g.a + min(m + i * 8 + lane, M - 1) * aRows;
            bAt[i] = g.b + min(4 * (n + lane) + i, N - 1) * bRows;
        }
        for (int k = 0; k < K; k += 4) {
            vec4 p[4], q[4]; // p: TRANSPOSE_A ? row k+i of a : rows 8i to 8i+7; q: row k+i of op(b)
            [[unroll]] for (int i = 0; i < 4; i++) {
                if (TRANSPOSE_A) {
                    p[i] = all4(a[g.a + min(k + i, K - 1) * aRows + min(m / 4 + lane, m4 - 1)]);
                    p[i] = k + i < K ? p[i] : vec4(0);
                } else {
                    p[i] = all4(a[aAt[i] + k / 4]);
                    p[i] = mix(vec4(0), p[i], lessThan(k + ivec4(0, 1, 2, 3), ivec4(K)));
                }
                if (TRANSPOSE_B) q[i] = all4(b[bAt[i] + k / 4]);
                else q[i] = all4(b[g.b + min(k + i, K - 1) * bRows + min(n + lane, n4 - 1)]);
            }
            if (TRANSPOSE_B) {
                mat4 t = transpose(mat4(q[0], q[1], q[2], q[3]));
                q[0] = t[0]; q[1] = t[1]; q[2] = t[2]; q[3] = t[3];
            }
            #define ROW(i, p0, p1, p2, p3, L) acc[i] += subgroupBroadcast(p0, L) * q[0] + subgroupBroadcast(p1, L) * q[1] \
                                                      + subgroupBroadcast(p2, L) * q[2] + subgroupBroadcast(p3, L) * q[3];
            #define LANES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
            if (TRANSPOSE_A) {
                #define FOUR(L) ROW(4 * L, p[0].x, p[1].x, p[2].x, p[3].x, L) ROW(4 * L + 1, p[0].y, p[1].y, p[2].y, p[3].y, L) \
                                ROW(4 * L + 2, p[0].z, p[1].z, p[2].z, p[3].z, L) ROW(4 * L + 3, p[0].w, p[1].w, p[2].w, p[3].w, L)
                LANES(FOUR)
            } else {
                [[unroll]] for (int i = 0; i < 4; i++) {
                    #define ONE(L) ROW(8 * i + L, p[i].x, p[i].y, p[i].z, p[i].w, L)
                    LANES(ONE)
                }
            }
        }
        if (n + lane < n4) {
            [[unroll]] for (int i = 0; i < 32; i++)
                if (m + i < M) y[g.y + (m + i) * yRows + n + lane] = toWide4(acc[i] * scale);
        }
    }
}
#else
shared float as[8][64], bs[8][64]; // eight steps of the inner size

void main() {
    const int id = int(gl_LocalInvocationIndex), my = id / 16 * 4, mx = id % 16;
    int n4 = (N + 3) / 4, m4 = (M + 3) / 4, tilesM = (M + 63) / 64, tilesN = (N + 63) / 64;
    int tile = int(gl_WorkGroupID.x + 65535 * gl_WorkGroupID.y), group = tile / (tilesM * tilesN);
    if (group >= groups) return;
    Group g = groupOf(group);
    tile -= group * tilesM * tilesN;
    int m = tile / tilesN * 64, n = tile % tilesN * 64;

    vec4 acc[4];
    [[unroll]] for (int i = 0; i < 4; i++) acc[i] = vec4(0);
    for (int k = 0; k < K; k += 8) {
        if (id < 128) {
            if (TRANSPOSE_A) { // row k + id/16, four columns from m + 4*(id%16)
                int r = k + id / 16;
                vec4 v = r < K ? a[g.a + r * aRows + min(m / 4 + id % 16, m4 - 1)] : vec4(0);
                [[unroll]] for (int i = 0; i < 4; i++) as[id / 16][id % 16 * 4 + i] = v[i];
            } else { // row m + id/2, four of the eight columns from k
                int c = k + id % 2 * 4;
                vec4 v = a[g.a + min(m + id / 2, M - 1) * aRows + min(c, K - 1) / 4];
                [[unroll]] for (int i = 0; i < 4; i++) as[id % 2 * 4 + i][id / 2] = c + i < K ? v[i] : 0.0;
            }
        } else {
            int at = id - 128;
            if (TRANSPOSE_B) {
                int c = k + at % 2 * 4;
                vec4 v = b[g.b + min(n + at / 2, N - 1) * bRows + min(c, K - 1) / 4];
                [[unroll]] for (int i = 0; i < 4; i++) bs[at % 2 * 4 + i][at / 2] = c + i < K ? v[i] : 0.0;
            } else {
                int r = k + at / 16;
                vec4 v = r < K ? b[g.b + r * bRows + min(n / 4 + at % 16, n4 - 1)] : vec4(0);
                [[unroll]] for (int i = 0; i < 4; i++) bs[at / 16][at % 16 * 4 + i] = v[i];
            }
        }
        barrier();
        [[unroll]] for (int i = 0; i < 8; i++) {
            vec4 q = vec4(bs[i][mx * 4], bs[i][mx * 4 + 1], bs[i][mx * 4 + 2], bs[i][mx * 4 + 3]);
            [[unroll]] for (int j = 0; j < 4; j++) acc[j] += as[i][my + j] * q;
        }
        barrier();
    }
    if (n / 4 + mx < n4) {
        [[unroll]] for (int j = 0; j < 4; j++)
            if (m + my + j < M) y[g.y + (m + my + j) * yRows + n / 4 + mx] = acc[j] * scale;
    }
}
#endif
