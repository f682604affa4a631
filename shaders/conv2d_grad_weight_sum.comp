#version 450
// conv2d_grad_weight_sum adds the chunks of conv2d_grad_weight.comp into the weight gradient.
// part [chunks][taps][KP][CP], dw [K][C][taps] (OIHW). One invocation per (k, c).
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Part { float part[]; };
layout(std430, binding = 1) writeonly buffer DW { float dw[]; };

layout(push_constant) uniform Push { int K, C, KP, CP, taps, chunks; } push;

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= push.K * push.C) return;
    int k = i / push.C, c = i - k * push.C;
    for (int tap = 0; tap < push.taps; tap++) {
        float sum = 0;
        for (int j = 0; j < push.chunks; j++) sum += part[((j * push.taps + tap) * push.KP + k) * push.CP + c];
        dw[i * push.taps + tap] = sum;
    }
}
