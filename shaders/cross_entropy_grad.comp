// dz = dloss (softmax(z / T) sum(p) - p) / T
// build: cross_entropy_grad -DHARD
// build: cross_entropy_soft_grad -DSOFT
// build: kl_div_grad -DKL
#version 450
#extension GL_GOOGLE_include_directive : require
#include "cross_entropy.glsl"
layout(binding = 2) readonly buffer DLoss { float dloss[]; }; // [rows]
layout(binding = 3) writeonly buffer DZ { float dz[]; };

void main() {
    if (row >= rows) return;
    LOG_SUM_EXP(top, rest, z)
#ifdef KL
    LOG_SUM_EXP(topT, restT, target)
#endif
    float mass = 1.0;
#ifdef SOFT
    mass = 0.0;
    FOR_EACH_COLUMN(c, C) mass += TARGET(c);
    mass = row_sum(mass);
#endif
    float d = dloss[row] * invT;
    FOR_EACH_COLUMN(c, C) dz[row * C + c] = d * (mass * exp(z[row * C + c] * invT - top - rest) - TARGET(c));
}
