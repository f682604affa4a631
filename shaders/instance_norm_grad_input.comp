// dx = gamma / sqrt(var + eps) (dz - mean(dz) - z mean(z dz)), means over the
// image's pixels, z = (x - mean) / sqrt(var + eps), and dz is dy sent back
// through the activation; POOL: and before through the mean over windows.
// build: instance_norm_grad_input
// build: instance_norm_pool_grad_input -DPOOL
// build: instance_norm_grad_input_half -DHALF
// build: instance_norm_pool_grad_input_half -DPOOL -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
TENSOR(0, readonly, dy)
#ifdef POOL
#define X_AT 1
#else
#define X_AT 2
layout(constant_id = 5) const bool GROUPED = false; // the sums are means over a group, times gamma
TENSOR(1, readonly, y) // read only where the gradient comes from it
#endif
TENSOR(X_AT, readonly, x)
layout(binding = X_AT + 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = X_AT + 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = X_AT + 3) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
layout(binding = X_AT + 4) readonly buffer Sums { vec4 sums[]; }; // [N, 2, quads]: of z dz, of dz
TENSOR(X_AT + 5, writeonly, dx)

void main() {
    if (!mine) return;
    LOAD_FULL(scale, gamma, 0u)
    LOAD_FULL(shift, beta, 0u)
    vec4 mean = stats[PLANE(0u)], rstd = inversesqrt(stats[PLANE(1u)] + eps);
    vec4 slope = rstd * sums[PLANE(0u)] / float(pixels), level = sums[PLANE(1u)] / float(pixels);
    scale *= rstd;
#ifdef POOL
    FOR_EACH_WINDOW(out_row, corner) {
        LOAD(d, dy, out_row)
        d /= float(K * K);
        FOR_EACH_INSIDE(row, corner) {
            LOAD(u, x, row)
            u -= mean;
            vec4 dz = activate_grad_of(d, u * scale + shift);
            dz = scale * (dz - level - u * slope);
            STORE(dx, row, dz)
        }
    }
#else
    FOR_EACH_PIXEL(row) {
        LOAD(dz, dy, row)
        LOAD(u, x, row)
        u -= mean;
        if (FROM_Z) dz = activate_grad(dz, u * scale + shift);
        else if (ACT != 0u) {
            LOAD(v, y, row)
            dz = activate_grad(dz, v);
        }
        dz = GROUPED ? scale * dz - rstd * (level + u * slope) : scale * (dz - level - u * slope);
        STORE(dx, row, dz)
    }
#endif
}
