// dx = gamma dz / sqrt(var + eps), where dz is dy sent back through the
// activation. Where x feeds channel statistics too, their gradient
// (dmean + 2 dvar (x - mean)) / count is added in the same pass. Where x is some
// channels of a slab so is dx, to which it may be added.
// build: batchnorm_grad_input
// build: batchnorm_grad_input_stats -DSTATS
// build: batchnorm_grad_slab -DSLAB
// build: batchnorm_grad_input_half -DHALF
// build: batchnorm_grad_input_stats_half -DSTATS -DHALF
// build: batchnorm_grad_slab_half -DSLAB -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef STATS
#define PUSH float eps; uint count; // rows of the whole batch, which the statistics are over
#elif defined(SLAB)
#define PUSH float eps; uint xC, from; // x has rows of xC channels, of which it is those after from
#else
#define PUSH float eps;
#endif
#define ACT_ID 1
#include "rows.glsl"
#include "activation.glsl"
layout(constant_id = 2) const bool ADD = false;
TENSOR(0, readonly, dy)
TENSOR(1, readonly, x) // any where neither activation nor statistics need it
layout(binding = 2) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 3) readonly buffer Beta { vec4 beta[]; };
layout(binding = 4) readonly buffer Stats { vec4 stats[]; }; // [2, C], of the normalisation
#ifdef STATS
layout(binding = 5) readonly buffer Batch { vec4 batch[]; }; // [2, C], of x
layout(binding = 6) readonly buffer DBatch { vec4 dbatch[]; }; // [2, C]
TENSOR(7, writeonly, dx)
#elif defined(SLAB)
TENSOR(5, , dx)
#else
TENSOR(5, writeonly, dx)
#endif

void main() {
    if (slot >= slots) return;
    LOAD_FULL(scale, gamma, 0u)
    LOAD_FULL(shift, beta, 0u)
    LOAD_FULL(center, stats, 0u)
    LOAD_FULL(variance, stats, 1u)
    scale *= inversesqrt(variance + eps);
#ifdef STATS
    LOAD_FULL(mean, batch, 0u)
    LOAD_FULL(dmean, dbatch, 0u)
    LOAD_FULL(dvar, dbatch, 1u)
    dmean /= float(count);
    dvar *= 2.0 / float(count);
#endif
    FOR_EACH_ROW(row) {
        LOAD(dz, dy, row)
#ifdef SLAB
        LOAD_FROM(u, x, row, xC, from)
#else
        LOAD(u, x, row)
#endif
        dz = scale * activate_grad_of(dz, (u - center) * scale + shift);
#ifdef STATS
        dz += dmean + dvar * (u - mean);
#endif
#ifdef SLAB
        if (ADD) {
            LOAD_FROM(more, dx, row, xC, from)
            dz += more;
        }
        STORE_TO(dx, row, xC, from, dz)
#else
        STORE(dx, row, dz)
#endif
    }
}
