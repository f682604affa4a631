// dx of a pixel: the sum of dy / k^2 over the windows that cover it.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint ix = pixel % W, iy = pixel / W % H, n = pixel / (W * H);
    if (n >= N) return;
    uvec2 rangeY = covering(iy, outH), rangeX = covering(ix, outW);
    vec4 sum = vec4(0);
    for (uint oy = rangeY.x; oy < rangeY.y; oy++)
        for (uint ox = rangeX.x; ox < rangeX.y; ox++) {
            LOAD(d, dy, (n * outH + oy) * outW + ox)
            sum += d;
        }
    sum /= float(k * k);
    STORE(dx, pixel, sum)
}
