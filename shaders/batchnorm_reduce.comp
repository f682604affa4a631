// Each slot's part of dgamma = sum dz (x - mean) / sqrt(var + eps) and
// dbeta = sum dz, where dz is dy sent back through the activation.
// build: batchnorm_reduce
// build: batchnorm_reduce_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH float eps; uint xC, from; // x has rows of xC channels, of which it is those after from
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
TENSOR(0, readonly, dy)
TENSOR(1, readonly, x)
layout(binding = 2) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 3) readonly buffer Beta { vec4 beta[]; };
layout(binding = 4) readonly buffer Stats { vec4 stats[]; }; // [2, C]
layout(binding = 5) writeonly buffer Part { vec4 part[]; }; // [slots, 2, quads]

void main() {
    if (slot >= slots) return;
    LOAD_FULL(mean, stats, 0u)
    LOAD_FULL(variance, stats, 1u)
    LOAD_FULL(scale, gamma, 0u)
    LOAD_FULL(shift, beta, 0u)
    vec4 rstd = inversesqrt(variance + eps);
    scale *= rstd;
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(dz, dy, row)
        LOAD_FROM(u, x, row, xC, from)
        u -= mean;
        dz = activate_grad_of(dz, u * scale + shift);
        dgamma += dz * u;
        dbeta += dz;
    }
    part[2u * slot * quads + quad] = dgamma * rstd;
    part[(2u * slot + 1u) * quads + quad] = dbeta;
}
