// By image and channel: the mean over the pixels, or the sum of x times x2.
// build: global_avg_pool
// build: gate_grad -DPRODUCT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
layout(binding = 0) readonly buffer In { vec4 x[]; };
#ifdef PRODUCT
layout(binding = 1) readonly buffer In2 { vec4 x2[]; };
layout(binding = 2) writeonly buffer Out { vec4 y[]; };
#else
layout(binding = 1) writeonly buffer Out { vec4 y[]; };
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
