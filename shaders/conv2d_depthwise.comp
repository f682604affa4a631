#version 450
// conv2d_depthwise computes a depthwise convolution; with `turn` the kernel is turned by half a turn, which makes the data
// gradient of stride 1. Grid: N*P*ceil(Q/4)*C4 invocations.
#extension GL_GOOGLE_include_directive : require
#include "conv2d_depthwise.glsl"
#include "divide.glsl"
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer X { vec4 x[]; };
layout(std430, binding = 1) readonly buffer W { float w[]; };
layout(std430, binding = 2) writeonly buffer Y { vec4 y[]; };

layout(push_constant) uniform Push { int N, H, W, C4, P, Q, padY, padX, turn; } push;

void main() {
    int i = invocation(), quads = (push.Q + 3) / 4;
    if (i >= push.N * push.P * quads * push.C4) return;
    int rest = quotient(i, push.C4), c = i - rest * push.C4;
    int line = quotient(rest, quads), q = (rest - line * quads) * 4;
    int n = quotient(line, push.P), p = line - n * push.P;

    vec4 sum[4] = vec4[4](vec4(0), vec4(0), vec4(0), vec4(0));
    [[unroll]] for (int r = 0; r < R; r++) {
        int yy = p * STRIDE - push.padY + r;
        if (yy >= 0 && yy < push.H) {
            vec4 f[S];
            [[unroll]] for (int s = 0; s < S; s++) {
                int tap = push.turn == 0 ? r * S + s : R * S - 1 - r * S - s;
                f[s] = WEIGHT(c, tap);
            }
            [[unroll]] for (int j = 0; j < 3 * STRIDE + S; j++) {
                int xx = q * STRIDE - push.padX + j;
                vec4 v = vec4(0);
                if (xx >= 0 && xx < push.W) v = x[((n * push.H + yy) * push.W + xx) * push.C4 + c]; // a prologue on x goes here
                [[unroll]] for (int o = 0; o < 4; o++) {
                    int s = j - o * STRIDE;
                    if (s >= 0 && s < S) sum[o] += v * f[s];
                }
            }
        }
    }
    [[unroll]] for (int o = 0; o < 4; o++) {
        if (q + o < push.Q) y[(line * push.Q + q + o) * push.C4 + c] = sum[o];
    }
}
