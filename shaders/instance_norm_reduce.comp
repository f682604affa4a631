// By image: the sums of dz (x - mean) / sqrt(var + eps) and of dz, where dz is
// dy sent back through the activation.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer Out { vec4 y[]; }; // read only where the gradient comes from it
layout(binding = 2) readonly buffer In { vec4 x[]; };
layout(binding = 3) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 4) readonly buffer Beta { vec4 beta[]; };
layout(binding = 5) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
layout(binding = 6) writeonly buffer Sums { vec4 sums[]; }; // [N, 2, quads]

shared vec4 gammas[X * Y], betas[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex;
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    if (mine) {
        vec4 mean = stats[PLANE(0u)], rstd = inversesqrt(stats[PLANE(1u)] + eps);
        LOAD(scale, gamma, 0u)
        LOAD(shift, beta, 0u)
        scale *= rstd;
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
