// By image and channel: the mean over the pixels, or the sum of x times x2.
// build: global_avg_pool
// build: gate_grad -DPRODUCT
// build: global_avg_pool_half -DHALF
// build: gate_grad_half -DPRODUCT -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
TENSOR(0, readonly, x)
#ifdef PRODUCT
TENSOR(1, readonly, x2)
TENSOR(2, writeonly, y)
#else
TENSOR(1, writeonly, y)
#endif

shared vec4 sums[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex;
    vec4 sum = vec4(0);
    if (mine)
        FOR_EACH_PIXEL(row) {
            LOAD(v, x, row)
#ifdef PRODUCT
            LOAD(u, x2, row)
            v *= u;
#endif
            sum += v;
        }
    for (uint step = X * Y / 2u; step >= X; step >>= 1) {
        sums[lane] = sum;
        barrier();
        if (lane < step) sum += sums[lane + step];
        barrier();
    }
    if (lane >= X || !mine) return;
#ifndef PRODUCT
    sum /= float(pixels);
#endif
    STORE(y, image, sum)
}
