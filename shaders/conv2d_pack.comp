#version 450
// conv2d_pack lays weights w [O][I][taps] out for conv2d.comp: [ceil(K/32)][taps][C4][8 lanes][4 c][4 k], zero beyond K and C.
// Forward: K = O, C = I. Transposed (for the data gradient): K = I, C = O. One invocation per vec4 of the pack. HALF rounds
// them to fp16. VEC lays them out as [2 ceil(K/32)][taps][C4*4 c][2][8 lanes], lane l with channels 2l and 2l+1, and C4*4 zeros behind.
// build: conv2d_pack
// build: conv2d_pack_vec -DVEC
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
    int size = (push.K + 31) / 32 * push.taps * push.C4 * 32;
    vec4 v = vec4(0);
#ifdef VEC
    if (i >= size + push.C4) return;
    int c = i / 4 % (push.C4 * 4), tile = i / 16 / push.C4, tap = tile % push.taps, k = tile / push.taps * 16 + i % 2 * 8 + i / 2 % 2;
#define NEXT 2
#else
    if (i >= size) return;
    int tile = i / 32;
    int c = tile % push.C4 * 4 + i % 4, tap = tile / push.C4 % push.taps;
    int k = tile / push.C4 / push.taps * 32 + i / 4 % 8 * 4;
#define NEXT 1
#endif
    if (c < push.C && i < size) {
        for (int j = 0; j < 4; j++) {
            int o = k + j * NEXT, row = push.transposed == 0 ? o * push.C + c : c * push.K + o;
            if (o < push.K) v[j] = w[row * push.taps + tap];
        }
    }
#ifdef HALF
    pack[i] = f16vec4(v);
#else
    pack[i] = v;
#endif
}
