// dx of a pixel: the sum over the windows that cover it of dy by their size.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "adaptive_pool.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint n = pixel / (H * W);
    if (n >= N) return;
    uvec2 ys = span(pixel / W % H, outH, H), xs = span(pixel % W, outW, W);
    vec4 sum = vec4(0);
    for (uint i = ys.x; i < ys.y; i++)
        for (uint j = xs.x; j < xs.y; j++) {
            uvec2 h = span(i, H, outH), w = span(j, W, outW);
            LOAD(d, dy, (n * outH + i) * outW + j)
            sum += d / float((h.y - h.x) * (w.y - w.x));
        }
    STORE(dx, pixel, sum)
}
