// dx of a pixel: the sum of dy over the windows whose maximum it is.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer At { vec4 at[]; }; // input pixels
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint ix = pixel % W, iy = pixel / W % H, n = pixel / (W * H);
    if (n >= N) return;
    uvec2 rangeY = covering(iy, outH), rangeX = covering(ix, outW);
    vec4 self = vec4(float(iy * W + ix));
    vec4 sum = vec4(0);
    for (uint oy = rangeY.x; oy < rangeY.y; oy++)
        for (uint ox = rangeX.x; ox < rangeX.y; ox++) {
            uint row = (n * outH + oy) * outW + ox;
            LOAD(d, dy, row)
            LOAD(w, at, row)
            sum += mix(vec4(0), d, equal(w, self));
        }
    STORE(dx, pixel, sum)
}
