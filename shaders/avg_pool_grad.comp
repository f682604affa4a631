// dx of a pixel: the sum of dy / k^2 over the windows that cover it.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint n = line / H, iy = line % H;
    if (n >= N) return;
    for (uint ix = 0u; ix < W; ix++) {
        vec4 sum = vec4(0);
        for (uint i = T; i-- > 0u;) {
            int oy = covering(iy, i, outH);
            for (uint j = T; j-- > 0u;) {
                int ox = covering(ix, j, outW);
                bool inside = oy >= 0 && ox >= 0;
                LOAD(d, dy, inside ? (n * outH + uint(oy)) * outW + uint(ox) : 0u)
                if (inside) sum += d;
            }
        }
        sum /= float(K * K);
        STORE(dx, line * W + ix, sum)
    }
}
