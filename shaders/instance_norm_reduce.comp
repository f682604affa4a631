// By image: the sums of dz (x - mean) / sqrt(var + eps) and of dz, where dz is
// dy where the activation let the value through.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer Out { vec4 y[]; };
layout(binding = 2) readonly buffer In { vec4 x[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
layout(binding = 4) writeonly buffer Sums { vec4 sums[]; }; // [N, 2, quads]

shared vec4 gammas[X * Y], betas[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex;
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    if (mine) {
        vec4 mean = stats[PLANE(0u)];
        FOR_EACH_PIXEL(row) {
            LOAD(dz, dy, row)
            if (RELU) {
                LOAD(v, y, row)
                dz = mix(vec4(0), dz, greaterThan(v, vec4(0)));
            }
            LOAD(u, x, row)
            dgamma += dz * (u - mean);
            dbeta += dz;
        }
        dgamma *= inversesqrt(stats[PLANE(1u)] + eps);
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
