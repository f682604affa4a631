// The mean of every window; padding counts as zeros.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    uint ox = pixel % outW, oy = pixel / outW % outH, n = pixel / (outW * outH);
    if (n >= N) return;
    uvec2 rangeY = covered(oy, H), rangeX = covered(ox, W);
    vec4 sum = vec4(0);
    for (uint iy = rangeY.x; iy < rangeY.y; iy++)
        for (uint ix = rangeX.x; ix < rangeX.y; ix++) {
            LOAD(v, x, (n * H + iy) * W + ix)
            sum += v;
        }
    sum /= float(k * k);
    STORE(y, pixel, sum)
}
