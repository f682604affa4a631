#version 450
// conv2d_pack lays weights w [O][I][taps] out for conv2d.comp: [ceil(K/32)][taps][C4][8 lanes][4 c][4 k], zero beyond K and C.
// Forward: K = O, C = I. Transposed (for the data gradient): K = I, C = O. One invocation per vec4 of the pack. HALF rounds
// them to fp16.
// build: conv2d_pack
// build: conv2d_pack_half -DHALF
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer W { float w[]; };
#ifdef HALF
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
layout(std430, binding = 1) writeonly buffer Pack { f16vec4 pack[]; };
#else
layout(std430, binding = 1) writeonly buffer Pack { vec4 pack[]; };
#endif

layout(push_constant) uniform Push { int K, C, C4, taps, transposed; } push;

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= (push.K + 31) / 32 * push.taps * push.C4 * 32) return;
    int tile = i / 32;
    int c = tile % push.C4 * 4 + i % 4, tap = tile / push.C4 % push.taps;
    int k = tile / push.C4 / push.taps * 32 + i / 4 % 8 * 4;
    vec4 v = vec4(0);
    if (c < push.C) {
        for (int j = 0; j < 4; j++) {
            int row = push.transposed == 0 ? (k + j) * push.C + c : c * push.K + k + j;
            if (k + j < push.K) v[j] = w[row * push.taps + tap];
        }
    }
#ifdef HALF
    pack[i] = f16vec4(v);
#else
    pack[i] = v;
#endif
}
