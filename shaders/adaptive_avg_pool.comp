// The mean of every window.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "adaptive_pool.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    uint n = pixel / (outH * outW);
    if (n >= N) return;
    uvec2 ys = span(pixel / outW % outH, H, outH), xs = span(pixel % outW, W, outW);
    vec4 sum = vec4(0);
    for (uint i = ys.x; i < ys.y; i++)
        for (uint j = xs.x; j < xs.y; j++) {
            LOAD(v, x, (n * H + i) * W + j)
            sum += v;
        }
    sum /= float((ys.y - ys.x) * (xs.y - xs.x));
    STORE(y, pixel, sum)
}
