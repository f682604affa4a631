#version 450
// conv2d_grouped_grad_weight is the weight gradient of conv2d_grouped. One invocation per element of dw.
// build: conv2d_grouped_grad_weight
// build: conv2d_grouped_grad_weight_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
#include "conv2d_grouped.glsl"
layout(local_size_x = 64) in;

FLOATS(0, readonly, x)
FLOATS(1, readonly, dy)
layout(std430, binding = 2) writeonly buffer DW { float dw[]; };

void main() {
    int i = invocation(), inputs = push.C / push.groups;
    int s = i % push.S, r = i / push.S % push.R, c = i / push.S / push.R % inputs, k = i / push.S / push.R / inputs;
    if (k >= push.K) return;
    c += k / (push.K / push.groups) * inputs;
    float sum = 0;
    for (int n = 0; n < push.N; n++) {
        for (int p = 0; p < push.P; p++) {
            int yy = p * push.stride - push.pad + r;
            if (yy < 0 || yy >= push.H) continue;
            float row = 0; // summed apart, for accuracy
            for (int q = 0; q < push.Q; q++) {
                int xx = q * push.stride - push.pad + s;
                if (xx < 0 || xx >= push.W) continue;
                row += GET(x, ((n * push.H + yy) * push.W + xx) * push.C + c) * GET(dy, ((n * push.P + p) * push.Q + q) * push.K + k);
            }
            sum += row;
        }
    }
    dw[i] = sum;
}
