#version 450
// conv2d_grouped_grad_input is the data gradient of conv2d_grouped. One invocation per element of dx.
// build: conv2d_grouped_grad_input
// build: conv2d_grouped_grad_input_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
#include "conv2d_grouped.glsl"
layout(local_size_x = 64) in;

FLOATS(0, readonly, dy)
layout(std430, binding = 1) readonly buffer W { float w[]; };
FLOATS(2, writeonly, dx)

void main() {
    int i = invocation(), c = i % push.C, pixel = i / push.C;
    int n = pixel / (push.H * push.W), yy = pixel / push.W % push.H + push.pad, xx = pixel % push.W + push.pad;
    if (n >= push.N) return;
    int inputs = push.C / push.groups, outputs = push.K / push.groups, first = c / inputs * outputs;
    float sum = 0;
    for (int r = 0; r < push.R; r++) {
        for (int s = 0; s < push.S; s++) {
            int p = (yy - r) / push.stride, q = (xx - s) / push.stride;
            if (yy < r || xx < s || p * push.stride != yy - r || q * push.stride != xx - s || p >= push.P || q >= push.Q) continue;
            int from = ((n * push.P + p) * push.Q + q) * push.K + first;
            for (int k = 0; k < outputs; k++) {
                sum += GET(dy, from + k) * w[(((first + k) * inputs + c % inputs) * push.R + r) * push.S + s];
            }
        }
    }
    PUT(dx, i, sum);
}
