// y = act(gamma (x - mean) / sqrt(var + eps) + beta (+ residual))
// build: batchnorm
// build: batchnorm_residual -DRESIDUAL
// build: batchnorm_half -DHALF
// build: batchnorm_residual_half -DRESIDUAL -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH float eps; uint xC, from; // x has rows of xC channels, of which it is those after from
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
TENSOR(0, readonly, x)
layout(binding = 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [2, C]
#ifdef RESIDUAL
TENSOR(4, readonly, residual)
TENSOR(5, writeonly, y)
#else
TENSOR(4, writeonly, y)
#endif

void main() {
    if (slot >= slots) return;
    LOAD_FULL(scale, gamma, 0u)
    LOAD_FULL(shift, beta, 0u)
    LOAD_FULL(mean, stats, 0u)
    LOAD_FULL(variance, stats, 1u)
    scale *= inversesqrt(variance + eps);
    FOR_EACH_ROW(row) {
        LOAD_FROM(v, x, row, xC, from)
        v = (v - mean) * scale + shift;
#ifdef RESIDUAL
        LOAD(r, residual, row)
        v += r;
#endif
        v = activate(v);
        STORE(y, row, v)
    }
}
