#version 450
// conv2d_winograd_grad_weight adds the chunks of the 36 products of transformed x and dy and transforms them back:
// dw = Gt (sum part) G. part [chunks][36][K4*4][C4*4], dw [K][C][3][3]. One invocation per k and vec4 of c.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Part { vec4 part[]; };
layout(std430, binding = 1) writeonly buffer DW { float dw[]; };

layout(push_constant) uniform Push { int K, C, K4, C4, chunks; } push;

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= push.K * push.C4) return;
    int k = i / push.C4, c = i % push.C4, plane = push.K4 * 4 * push.C4;

    vec4 rows[3][6];
    [[unroll]] for (int col = 0; col < 6; col++) {
        vec4 u[6];
        [[unroll]] for (int r = 0; r < 6; r++) u[r] = part[(r * 6 + col) * plane + i];
        for (int j = 1; j < push.chunks; j++) {
            [[unroll]] for (int r = 0; r < 6; r++) u[r] += part[(j * 36 + r * 6 + col) * plane + i];
        }
        vec4 g[3] = filterAdjoint(u);
        [[unroll]] for (int r = 0; r < 3; r++) rows[r][col] = g[r];
    }
    [[unroll]] for (int r = 0; r < 3; r++) {
        vec4 g[3] = filterAdjoint(rows[r]);
        [[unroll]] for (int col = 0; col < 3; col++) {
            [[unroll]] for (int j = 0; j < 4; j++) {
                if (c * 4 + j < push.C) dw[(k * push.C + c * 4 + j) * 9 + r * 3 + col] = g[col][j];
            }
        }
    }
}
