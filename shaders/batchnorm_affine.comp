// A batch norm as (x - mean) scale + shift: [mean; scale; shift] of [3, C], with scale = gamma / sqrt(var + eps) and shift = beta. Not as
// x scale + shift, which would cost digits where the mean is large.
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint C; float eps; };
layout(binding = 0) readonly buffer Gamma { float gamma[]; };
layout(binding = 1) readonly buffer Beta { float beta[]; };
layout(binding = 2) readonly buffer Stats { float stats[]; }; // [2, C]
layout(binding = 3) writeonly buffer Affine { float affine[]; }; // [3, C]

void main() {
    uint c = gl_GlobalInvocationID.x;
    if (c >= C) return;
    affine[c] = stats[c];
    affine[C + c] = gamma[c] * inversesqrt(stats[C + c] + eps);
    affine[2u * C + c] = beta[c];
}
