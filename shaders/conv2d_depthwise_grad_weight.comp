#version 450
// conv2d_depthwise_grad_weight sums dy x over chunks of `chunk` output rows: part [chunks][R*S][C4*4], which
// conv2d_grad_weight_sum.comp adds up. Grid: chunks*C4 invocations.
#extension GL_GOOGLE_include_directive : require
#include "conv2d_depthwise.glsl"
#include "divide.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer X { vec4 x[]; };
layout(std430, binding = 1) readonly buffer DY { vec4 dy[]; };
layout(std430, binding = 2) writeonly buffer Part { vec4 part[]; };

layout(push_constant) uniform Push { int N, H, W, C4, P, Q, pad, chunk, chunks; } push;

void main() {
    int i = invocation();
    if (i >= push.chunks * push.C4) return;
    int block = quotient(i, push.C4), c = i - block * push.C4;
    int end = min((block + 1) * push.chunk, push.N * push.P);

    vec4 sum[R * S];
    [[unroll]] for (int t = 0; t < R * S; t++) sum[t] = vec4(0);
    for (int line = block * push.chunk; line < end; line++) {
        int n = quotient(line, push.P), y0 = (line - n * push.P) * STRIDE - push.pad;
        for (int q = 0; q < push.Q; q += 4) {
            vec4 g[4];
            [[unroll]] for (int o = 0; o < 4; o++) {
                g[o] = vec4(0);
                if (q + o < push.Q) g[o] = dy[(line * push.Q + q + o) * push.C4 + c];
            }
            [[unroll]] for (int r = 0; r < R; r++) {
                if (y0 + r >= 0 && y0 + r < push.H) {
                    [[unroll]] for (int j = 0; j < 3 * STRIDE + S; j++) {
                        int xx = q * STRIDE - push.pad + j;
                        vec4 v = vec4(0);
                        if (xx >= 0 && xx < push.W) v = x[((n * push.H + y0 + r) * push.W + xx) * push.C4 + c];
                        [[unroll]] for (int o = 0; o < 4; o++) {
                            int s = j - o * STRIDE;
                            if (s >= 0 && s < S) sum[r * S + s] += v * g[o];
                        }
                    }
                }
            }
        }
    }
    [[unroll]] for (int t = 0; t < R * S; t++) part[(block * R * S + t) * push.C4 + c] = sum[t];
}
