#version 450
// conv2d_depthwise_grad_weight sums dy x over chunks of `chunk` output rows: part [chunks][R*S][quads*4], which
// conv2d_grad_weight_sum.comp adds up. Grid: chunks*quads invocations.
// NORM: see fused.glsl.
// build: conv2d_depthwise_grad_weight
// build: conv2d_depthwise_grad_weight_norm -DNORM
// build: conv2d_depthwise_grad_weight_half -DHALF
// build: conv2d_depthwise_grad_weight_norm_half -DNORM -DHALF
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { int N, H, W, P, Q, pad, chunk, chunks; uint C, quads; };
#include "conv2d_depthwise.glsl"

TENSOR(0, readonly, x)
TENSOR(1, readonly, dy)
layout(std430, binding = RESULT) writeonly buffer Part { vec4 part[]; };

void main() {
    int i = invocation(), perPixel = int(quads);
    if (i >= chunks * perPixel) return;
    int block = quotient(i, perPixel);
    quad = i - block * perPixel;
    int end = min((block + 1) * chunk, N * P);

#ifdef NORM
    Affine norm = affine_of(int(quad), int(quads));
#endif
    vec4 sum[R * S];
    [[unroll]] for (int t = 0; t < R * S; t++) sum[t] = vec4(0);
    for (int line = block * chunk; line < end; line++) {
        int n = quotient(line, P), y0 = (line - n * P) * STRIDE - pad;
        for (int q = 0; q < Q; q += 4) {
            vec4 g[4];
            [[unroll]] for (int o = 0; o < 4; o++) {
                g[o] = vec4(0);
                if (q + o < Q) {
                    LOAD(u, dy, uint(line * Q + q + o))
                    g[o] = u;
                }
            }
            [[unroll]] for (int r = 0; r < R; r++) {
                if (y0 + r >= 0 && y0 + r < H) {
                    [[unroll]] for (int j = 0; j < 3 * STRIDE + S; j++) {
                        int xx = q * STRIDE - pad + j;
                        vec4 v = vec4(0);
                        if (xx >= 0 && xx < W) {
                            LOAD(loaded, x, uint((n * H + y0 + r) * W + xx))
#ifdef NORM
                            v = normalised(loaded, norm);
#else
                            v = loaded;
#endif
                        }
                        [[unroll]] for (int o = 0; o < 4; o++) {
                            int s = j - o * STRIDE;
                            if (s >= 0 && s < S) sum[r * S + s] += v * g[o];
                        }
                    }
                }
            }
        }
    }
    [[unroll]] for (int t = 0; t < R * S; t++) part[(block * R * S + t) * quads + quad] = sum[t];
}
