#version 450
// conv2d_winograd_pack transforms 3x3 weights w [O][I][3][3] to U = G g Gt and packs the 36 products as conv2d_pack.comp
// does one tap: [36][ceil(K/32)][C4][8 lanes][4 c][4 k]. Transposed swaps O and I and turns the kernel by half a turn.
// One invocation per vec4 of a product.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer W { float w[]; };
layout(std430, binding = 1) writeonly buffer Pack { vec4 pack[]; };

layout(push_constant) uniform Push { int K, C, C4, taps, transposed; } push;

float weight(int k, int c, int tap) {
    if (k >= push.K || c >= push.C) return 0;
    return push.transposed == 0 ? w[(k * push.C + c) * 9 + tap] : w[(c * push.K + k) * 9 + 8 - tap];
}

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    int plane = (push.K + 31) / 32 * push.C4 * 32;
    if (i >= plane) return;
    int c = i / 32 % push.C4 * 4 + i % 4, k = i / 32 / push.C4 * 32 + i / 4 % 8 * 4;

    vec4 rows[6][3];
    [[unroll]] for (int col = 0; col < 3; col++) {
        vec4 g[3];
        [[unroll]] for (int r = 0; r < 3; r++) {
            int tap = r * 3 + col;
            g[r] = vec4(weight(k, c, tap), weight(k + 1, c, tap), weight(k + 2, c, tap), weight(k + 3, c, tap));
        }
        vec4 u[6] = filterTransform(g);
        [[unroll]] for (int r = 0; r < 6; r++) rows[r][col] = u[r];
    }
    [[unroll]] for (int r = 0; r < 6; r++) {
        vec4 u[6] = filterTransform(rows[r]);
        [[unroll]] for (int col = 0; col < 6; col++) pack[(r * 6 + col) * plane + i] = u[col];
    }
}
