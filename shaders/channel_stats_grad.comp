// dx = (dmean + 2 dvar (x - mean)) / count, plus a base where another gradient
// of x is at hand.
// build: channel_stats_grad
// build: channel_stats_grad_add -DBASE
// build: channel_stats_grad_half -DHALF
// build: channel_stats_grad_add_half -DBASE -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count; // rows of the whole batch, which the statistics are over
#include "rows.glsl"
TENSOR(0, readonly, x)
layout(binding = 1) readonly buffer Stats { vec4 stats[]; }; // [2, C]
layout(binding = 2) readonly buffer DStats { vec4 dstats[]; }; // [2, C]
#ifdef BASE
TENSOR(3, readonly, base)
TENSOR(4, writeonly, dx)
#else
TENSOR(3, writeonly, dx)
#endif

void main() {
    if (slot >= slots) return;
    LOAD_FULL(mean, stats, 0u)
    LOAD_FULL(dmean, dstats, 0u)
    LOAD_FULL(dvar, dstats, 1u)
    dmean /= float(count);
    dvar *= 2.0 / float(count);
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        v = dmean + dvar * (v - mean);
#ifdef BASE
        LOAD(b, base, row)
        v += b;
#endif
        STORE(dx, row, v)
    }
}
