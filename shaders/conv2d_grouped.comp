#version 450
// conv2d_grouped computes a convolution in channel groups. One invocation per element of y.
// build: conv2d_grouped
// build: conv2d_grouped_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
#include "conv2d_grouped.glsl"
layout(local_size_x = 64) in;

FLOATS(0, readonly, x)
layout(std430, binding = 1) readonly buffer W { float w[]; };
FLOATS(2, writeonly, y)

void main() {
    int i = invocation(), k = i % push.K, pixel = i / push.K;
    int n = pixel / (push.P * push.Q), p = pixel / push.Q % push.P, q = pixel % push.Q;
    if (n >= push.N) return;
    int inputs = push.C / push.groups, first = k / (push.K / push.groups) * inputs;
    float sum = 0;
    for (int r = 0; r < push.R; r++) {
        for (int s = 0; s < push.S; s++) {
            int yy = p * push.stride - push.pad + r, xx = q * push.stride - push.pad + s;
            if (yy < 0 || yy >= push.H || xx < 0 || xx >= push.W) continue;
            int from = ((n * push.H + yy) * push.W + xx) * push.C + first;
            for (int c = 0; c < inputs; c++) sum += GET(x, from + c) * w[((k * inputs + c) * push.R + r) * push.S + s];
        }
    }
    PUT(y, i, sum);
}
