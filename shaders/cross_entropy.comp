// build: cross_entropy -DHARD
// build: cross_entropy_soft -DSOFT
// build: kl_div -DKL
#version 450
#extension GL_GOOGLE_include_directive : require
#include "cross_entropy.glsl"
layout(binding = 2) writeonly buffer Loss { float loss[]; }; // [rows]

void main() {
    if (row >= rows) return;
    LOG_SUM_EXP(top, rest, z)
#ifdef KL
    LOG_SUM_EXP(topT, restT, target)
#endif
    float sum = 0.0;
    FOR_EACH_COLUMN(c, C) {
        float logp = z[row * C + c] * invT - top - rest;
#ifdef KL
        float logt = target[row * C + c] * invT - topT - restT;
        sum += exp(logt) * (logt - logp);
#else
        sum -= TARGET(c) * logp;
#endif
    }
    sum = row_sum(sum);
    if (lane == 0u) loss[row] = sum;
}
