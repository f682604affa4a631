#version 450
// conv2d_depthwise_grad_input is the data gradient of a depthwise convolution of any stride.
// Grid: N*H*ceil(W/4)*C4 invocations.
#extension GL_GOOGLE_include_directive : require
#include "conv2d_depthwise.glsl"
#include "divide.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer DY { vec4 dy[]; };
layout(std430, binding = 1) readonly buffer W { float w[]; };
layout(std430, binding = 2) writeonly buffer DX { vec4 dx[]; };

layout(push_constant) uniform Push { int N, H, W, C4, P, Q, pad; } push;

void main() {
    int i = invocation(), quads = (push.W + 3) / 4;
    if (i >= push.N * push.H * quads * push.C4) return;
    int rest = quotient(i, push.C4), c = i - rest * push.C4;
    int line = quotient(rest, quads), xx = (rest - line * quads) * 4;
    int n = quotient(line, push.H), yy = line - n * push.H;

    vec4 sum[4] = vec4[4](vec4(0), vec4(0), vec4(0), vec4(0));
    [[unroll]] for (int r = 0; r < R; r++) {
        int p = (yy + push.pad - r) / STRIDE;
        if (yy + push.pad - r >= 0 && p * STRIDE == yy + push.pad - r && p < push.P) {
            [[unroll]] for (int s = 0; s < S; s++) {
                vec4 f = WEIGHT(c, r * S + s);
                [[unroll]] for (int o = 0; o < 4; o++) {
                    int from = xx + o + push.pad - s, q = from / STRIDE;
                    if (from >= 0 && q * STRIDE == from && q < push.Q) {
                        sum[o] += dy[((n * push.P + p) * push.Q + q) * push.C4 + c] * f;
                    }
                }
            }
        }
    }
    [[unroll]] for (int o = 0; o < 4; o++) {
        if (xx + o < push.W) dx[(line * push.W + xx + o) * push.C4 + c] = sum[o];
    }
}
