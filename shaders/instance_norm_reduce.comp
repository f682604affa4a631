// By image: the sums of dz (x - mean) / sqrt(var + eps) and of dz, where dz is
// dy sent back through the activation; POOL: and before through the mean over
// windows.
// build: instance_norm_reduce
// build: instance_norm_pool_reduce -DPOOL
// build: instance_norm_reduce_half -DHALF
// build: instance_norm_pool_reduce_half -DPOOL -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
TENSOR(0, readonly, dy)
#ifdef POOL
#define X_AT 1
#else
#define X_AT 2
TENSOR(1, readonly, y) // read only where the gradient comes from it
#endif
TENSOR(X_AT, readonly, x)
layout(binding = X_AT + 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = X_AT + 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = X_AT + 3) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
layout(binding = X_AT + 4) writeonly buffer Sums { vec4 sums[]; }; // [N, 2, quads]

shared vec4 gammas[X * Y], betas[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex;
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    if (mine) {
        vec4 mean = stats[PLANE(0u)], rstd = inversesqrt(stats[PLANE(1u)] + eps);
        LOAD_FULL(scale, gamma, 0u)
        LOAD_FULL(shift, beta, 0u)
        scale *= rstd;
#ifdef POOL
        FOR_EACH_WINDOW(out_row, corner) {
            LOAD(d, dy, out_row)
            d /= float(K * K);
            FOR_EACH_INSIDE(row, corner) {
                LOAD(u, x, row)
                u -= mean;
                vec4 dz = activate_grad_of(d, u * scale + shift);
                dgamma += dz * u;
                dbeta += dz;
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
            dgamma += dz * u;
            dbeta += dz;
        }
#endif
        dgamma *= rstd;
    }
    for (uint step = X * Y / 2u; step >= X; step >>= 1) {
        gammas[lane] = dgamma, betas[lane] = dbeta;
        barrier();
        if (lane < step) dgamma += gammas[lane + step], dbeta += betas[lane + step];
        barrier();
    }
    if (lane >= X || !mine) return;
    sums[PLANE(0u)] = dgamma;
    sums[PLANE(1u)] = dbeta;
}
