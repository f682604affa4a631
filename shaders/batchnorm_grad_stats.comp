// From sums = [dgamma; dbeta] the gradient of the statistics:
// dmean = -gamma rstd dbeta, dvar = -gamma rstd^2 dgamma / 2.
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint C; float eps; };
layout(binding = 0) readonly buffer Sums { float sums[]; }; // [2, C]
layout(binding = 1) readonly buffer Gamma { float gamma[]; };
layout(binding = 2) readonly buffer Stats { float stats[]; }; // [2, C]
layout(binding = 3) writeonly buffer DStats { float dstats[]; }; // [2, C]

void main() {
    uint c = gl_GlobalInvocationID.x;
    if (c >= C) return;
    float rstd = inversesqrt(stats[C + c] + eps), g = gamma[c] * rstd;
    dstats[c] = -g * sums[C + c];
    dstats[C + c] = -0.5 * g * rstd * sums[c];
}
