// y = act(gamma (x - mean) / sqrt(var + eps) + beta (+ residual))
// build: batchnorm
// build: batchnorm_residual -DRESIDUAL
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH float eps; uint xC, from; // x has rows of xC channels, of which it is those after from
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [2, C]
#ifdef RESIDUAL
layout(binding = 4) readonly buffer Residual { vec4 residual[]; };
layout(binding = 5) writeonly buffer Y { vec4 y[]; };
#else
layout(binding = 4) writeonly buffer Y { vec4 y[]; };
#endif

void main() {
    if (slot >= slots) return;
    LOAD(scale, gamma, 0u)
    LOAD(shift, beta, 0u)
    LOAD(mean, stats, 0u)
    LOAD(variance, stats, 1u)
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
