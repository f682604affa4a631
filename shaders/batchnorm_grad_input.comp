// dx = gamma dz / sqrt(var + eps), where dz is dy sent back through the
// activation. Where x feeds channel statistics too, their gradient
// (dmean + 2 dvar (x - mean)) / count is added in the same pass.
// build: batchnorm_grad_input
// build: batchnorm_grad_input_stats -DSTATS
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef STATS
#define PUSH float eps; uint count; // rows of the whole batch, which the statistics are over
#else
#define PUSH float eps;
#endif
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer V { vec4 v[]; }; // what the activation's gradient comes from: y, or x for z
layout(binding = 2) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 3) readonly buffer Beta { vec4 beta[]; };
layout(binding = 4) readonly buffer Stats { vec4 stats[]; }; // [2, C], of the normalisation
#ifdef STATS
layout(binding = 5) readonly buffer X { vec4 x[]; };
layout(binding = 6) readonly buffer Batch { vec4 batch[]; }; // [2, C], of x
layout(binding = 7) readonly buffer DBatch { vec4 dbatch[]; }; // [2, C]
layout(binding = 8) writeonly buffer DX { vec4 dx[]; };
#else
layout(binding = 5) writeonly buffer DX { vec4 dx[]; };
#endif

void main() {
    if (slot >= slots) return;
    LOAD(scale, gamma, 0u)
    LOAD(shift, beta, 0u)
    LOAD(center, stats, 0u)
    LOAD(variance, stats, 1u)
    scale *= inversesqrt(variance + eps);
#ifdef STATS
    LOAD(mean, batch, 0u)
    LOAD(dmean, dbatch, 0u)
    LOAD(dvar, dbatch, 1u)
    dmean /= float(count);
    dvar *= 2.0 / float(count);
#endif
    FOR_EACH_ROW(row) {
        LOAD(dz, dy, row)
        if (ACT != 0u) {
            LOAD(z, v, row)
            if (FROM_Z) z = (z - center) * scale + shift;
            dz = activate_grad(dz, z);
        }
        dz *= scale;
#ifdef STATS
        LOAD(u, x, row)
        dz += dmean + dvar * (u - mean);
#endif
        STORE(dx, row, dz)
    }
}
