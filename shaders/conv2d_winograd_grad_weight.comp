#version 450
// conv2d_winograd_grad_weight adds the chunks of the 36 products of transformed x and dy and transforms them back:
// dw = Gt (sum part) G. part [chunks][36][K4*4][C4*4], dw [K][C][3][3]. One invocation per k and vec4 of c. VEC takes products of tiles
// that kernels of VEC transformed, with whole groups of 32 channels, whose number 8q + l lies at place 4l + q.
// build: conv2d_winograd_grad_weight
// build: conv2d_winograd_grad_weight_vec -DVEC
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
layout(local_size_x = 64) in;

#ifdef VEC
#include "vector.glsl"
layout(push_constant) uniform Push {
    Floats part;
    Singles dw;
    int K, C, K4, C4, chunks;
} push;
#define PART(at) thirty_two(push.part, at)
#define DW push.dw.v
#else
layout(std430, binding = 0) readonly buffer Part { vec4 part[]; };
layout(std430, binding = 1) writeonly buffer DW_ { float dw[]; };
layout(push_constant) uniform Push { int K, C, K4, C4, chunks; } push;
#define PART(at) part[at]
#define DW dw
#endif

void main() {
#ifdef VEC // i is of the first lane; what is left of the last workgroup does the last again
    int i = min(int(gl_WorkGroupID.x + 65535 * gl_WorkGroupID.y) * 64 + int(gl_SubgroupID) * 8, push.K * push.C4 - 8);
#else
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= push.K * push.C4) return;
#endif
    int k = i / push.C4, c = i % push.C4, plane = push.K4 * 4 * push.C4;
#ifdef VEC
    i = (k / 32 * 32 + k % 8 * 4 + k / 8 % 4) * push.C4 + c;
    int lane = int(gl_SubgroupInvocationID);
#define CHANNEL(j) (c * 4 + lane % 4 * 8 + 2 * j + lane / 4)
#else
#define CHANNEL(j) (c * 4 + j)
#endif

    vec4 rows[3][6];
    [[unroll]] for (int col = 0; col < 6; col++) {
        vec4 u[6];
        [[unroll]] for (int r = 0; r < 6; r++) u[r] = PART((r * 6 + col) * plane + i);
        for (int j = 1;;) { // the condition stands twice: see conv2d.comp
            [[dont_flatten]] if (j < push.chunks) {
                [[unroll]] for (int r = 0; r < 6; r++) u[r] += PART((j * 36 + r * 6 + col) * plane + i);
                j++;
            }
            if (j >= push.chunks) break;
        }
        vec4 g[3] = filterAdjoint(u);
        [[unroll]] for (int r = 0; r < 3; r++) rows[r][col] = g[r];
    }
    [[unroll]] for (int r = 0; r < 3; r++) {
        vec4 g[3] = filterAdjoint(rows[r]);
        [[unroll]] for (int col = 0; col < 3; col++) {
            [[unroll]] for (int j = 0; j < 4; j++) {
                if (CHANNEL(j) < push.C) DW[(k * push.C + CHANNEL(j)) * 9 + r * 3 + col] = g[col][j];
            }
        }
    }
}
