// running = (1 - momentum) running + momentum stats, the variance unbiased
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint C; float momentum, unbias; }; // unbias = n / (n - 1)
layout(binding = 0) readonly buffer Stats { float stats[]; }; // [2, C]
layout(binding = 1) buffer Mean { float mean[]; };
layout(binding = 2) buffer Var { float variance[]; };

void main() {
    uint c = gl_GlobalInvocationID.x;
    if (c >= C) return;
    mean[c] = mix(mean[c], stats[c], momentum);
    variance[c] = mix(variance[c], unbias * stats[C + c], momentum);
}
