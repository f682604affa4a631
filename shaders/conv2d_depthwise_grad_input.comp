#version 450
// conv2d_depthwise_grad_input is the data gradient of a depthwise convolution of any stride.
// Grid: N*H*ceil(W/4)*quads invocations.
// GRAD: see fused.glsl.
// build: conv2d_depthwise_grad_input
// build: conv2d_depthwise_grad_input_grad -DGRAD
// build: conv2d_depthwise_grad_input_half -DHALF
// build: conv2d_depthwise_grad_input_grad_half -DGRAD -DHALF
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
#ifdef GRAD
layout(push_constant) uniform Push { int N, H, W, P, Q, pad; uint C, quads; int count; };
#else
layout(push_constant) uniform Push { int N, H, W, P, Q, pad; uint C, quads; };
#endif
#include "conv2d_depthwise.glsl"

TENSOR(0, readonly, dy)
layout(std430, binding = 1) readonly buffer Weights { float w[]; };
TENSOR(RESULT, writeonly, dx)

void main() {
    int i = invocation(), fours = (W + 3) / 4, perPixel = int(quads);
    if (i >= N * H * fours * perPixel) return;
    int rest = quotient(i, perPixel);
    quad = i - rest * perPixel;
    int line = quotient(rest, fours), xx = (rest - line * fours) * 4;
    int n = quotient(line, H), yy = line - n * H;
    uvec4 c = channels();
#ifdef GRAD
    Channels own = channels_of(int(quad), int(quads));
#endif

    vec4 sum[4] = vec4[4](vec4(0), vec4(0), vec4(0), vec4(0));
    [[unroll]] for (int r = 0; r < R; r++) {
        int p = (yy + pad - r) / STRIDE;
        if (yy + pad - r >= 0 && p * STRIDE == yy + pad - r && p < P) {
            [[unroll]] for (int s = 0; s < S; s++) {
                vec4 f = WEIGHT(c, r * S + s);
                [[unroll]] for (int o = 0; o < 4; o++) {
                    int from = xx + o + pad - s, q = from / STRIDE;
                    if (from >= 0 && q * STRIDE == from && q < Q) {
                        LOAD(g, dy, uint((n * P + p) * Q + q))
                        sum[o] += g * f;
                    }
                }
            }
        }
    }
    [[unroll]] for (int o = 0; o < 4; o++) {
        if (xx + o < W) {
#ifdef GRAD
            vec4 before = vec4(0);
            if (READS_U) before = GET(u, (uint(line * W + xx + o)) * quads + quad);
            if (BASE) sum[o] += GET(base, (uint(line * W + xx + o)) * quads + quad);
            sum[o] = gradient(sum[o], before, own);
#endif
            STORE(dx, uint(line * W + xx + o), sum[o])
        }
    }
}
