#version 450
// conv2d_winograd_pack transforms 3x3 weights w [O][I][3][3] to U = G g Gt and packs the 36 products as conv2d_pack.comp
// does one tap: [36][ceil(K/32)][C4][8 lanes][4 c][4 k]. Transposed swaps O and I and turns the kernel by half a turn.
// One invocation per vec4 of a product. VEC: as there, with the order of channels in which the kernels of VEC leave transformed tiles
// (ORDER_C) and want products (ORDER_K).
// build: conv2d_winograd_pack
// build: conv2d_winograd_pack_vec -DVEC
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
#include "wide.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer W { float w[]; };
layout(std430, binding = 1) writeonly buffer Pack { wide4 pack[]; };

layout(push_constant) uniform Push { int K, C, C4, taps, transposed; } push;

#ifdef VEC
layout(constant_id = 0) const bool ORDER_C = false;
layout(constant_id = 1) const bool ORDER_K = false;
#endif

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    int plane = (push.K + 31) / 32 * push.C4 * 32;
    if (i >= plane) return;
#ifdef VEC
    int c = i / 4 % (push.C4 * 4), k = i / 16 / push.C4 * 16 + i % 2 * 8 + i / 2 % 2;
    if (ORDER_C) c = c / 32 * 32 + c % 4 * 8 + c / 4 % 8;
#define OUTPUT(j) (ORDER_K ? k / 32 * 32 + (k + 2 * j) % 8 * 4 + (k + 2 * j) / 8 % 4 : k + 2 * j)
#else
    int c = i / 32 % push.C4 * 4 + i % 4, k = i / 32 / push.C4 * 32 + i / 4 % 8 * 4;
#define OUTPUT(j) (k + j)
#endif

    int at[4]; bool live[4];
    [[unroll]] for (int j = 0; j < 4; j++) {
        int o = OUTPUT(j);
        live[j] = o < push.K && c < push.C;
        at[j] = live[j] ? (push.transposed == 0 ? o * push.C + c : c * push.K + o) * 9 : 0;
    }
    vec4 t[3][6];
    [[unroll]] for (int r = 0; r < 3; r++) {
        vec4 g[3];
        [[unroll]] for (int col = 0; col < 3; col++) {
            int tap = push.transposed == 0 ? r * 3 + col : 8 - r * 3 - col;
            [[unroll]] for (int j = 0; j < 4; j++) { g[col][j] = w[at[j] + tap]; g[col][j] = live[j] ? g[col][j] : 0; }
        }
        t[r] = filterTransform(g);
    }
    [[dont_unroll]] for (int r = 0; r < 6; r++) {
        [[unroll]] for (int col = 0; col < 6; col++) {
            pack[(r * 6 + col) * plane + i] = toWide4(
                G[r * 3] * t[0][col] + G[r * 3 + 1] * t[1][col] + G[r * 3 + 2] * t[2][col]);
        }
    }
}
