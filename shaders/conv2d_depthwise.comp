#version 450
// conv2d_depthwise computes a depthwise convolution; with `turn` the kernel is turned by half a turn, which makes the data
// gradient of stride 1. Grid: N*P*ceil(Q/4)*quads invocations. NORM and GRAD: see fused.glsl.
// build: conv2d_depthwise
// build: conv2d_depthwise_norm -DNORM
// build: conv2d_depthwise_grad -DGRAD
// build: conv2d_depthwise_half -DHALF
// build: conv2d_depthwise_norm_half -DNORM -DHALF
// build: conv2d_depthwise_grad_half -DGRAD -DHALF
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
#ifdef GRAD
layout(push_constant) uniform Push { int N, H, W, P, Q, padY, padX, turn; uint C, quads; int count; };
#else
layout(push_constant) uniform Push { int N, H, W, P, Q, padY, padX, turn; uint C, quads; };
#endif
#include "conv2d_depthwise.glsl"

TENSOR(0, readonly, x)
layout(std430, binding = 1) readonly buffer Weights { float w[]; };
TENSOR(RESULT, writeonly, y)

void main() {
    int i = invocation(), fours = (Q + 3) / 4, perPixel = int(quads);
    if (i >= N * P * fours * perPixel) return;
    int rest = quotient(i, perPixel);
    quad = i - rest * perPixel;
    int line = quotient(rest, fours), q = (rest - line * fours) * 4;
    int n = quotient(line, P), p = line - n * P;
    uvec4 c = channels();
#ifdef NORM
    Affine norm = affine_of(int(quad), int(quads));
#elif defined(GRAD)
    Channels own = channels_of(int(quad), int(quads));
#endif

    vec4 sum[4] = vec4[4](vec4(0), vec4(0), vec4(0), vec4(0));
    [[unroll]] for (int r = 0; r < R; r++) {
        int yy = p * STRIDE - padY + r;
        if (yy >= 0 && yy < H) {
            vec4 f[S];
            [[unroll]] for (int s = 0; s < S; s++) {
                int tap = turn == 0 ? r * S + s : R * S - 1 - r * S - s;
                f[s] = WEIGHT(c, tap);
            }
            [[unroll]] for (int j = 0; j < 3 * STRIDE + S; j++) {
                int xx = q * STRIDE - padX + j;
                vec4 v = vec4(0);
                if (xx >= 0 && xx < W) {
                    LOAD(loaded, x, uint((n * H + yy) * W + xx))
#ifdef NORM
                    v = normalised(loaded, norm);
#else
                    v = loaded;
#endif
                }
                [[unroll]] for (int o = 0; o < 4; o++) {
                    int s = j - o * STRIDE;
                    if (s >= 0 && s < S) sum[o] += v * f[s];
                }
            }
        }
    }
    [[unroll]] for (int o = 0; o < 4; o++) {
        if (q + o < Q) {
#ifdef GRAD
            vec4 before = vec4(0);
            if (READS_U) before = GET(u, (uint(line * Q + q + o)) * quads + quad);
            if (BASE) sum[o] += GET(base, (uint(line * Q + q + o)) * quads + quad);
            sum[o] = gradient(sum[o], before, own);
#endif
            STORE(y, uint(line * Q + q + o), sum[o])
        }
    }
}
