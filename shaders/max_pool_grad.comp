// dx of a pixel: the sum of dy over the windows whose maximum it is.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer At { vec4 at[]; }; // input pixels
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint n = line / H, iy = line % H;
    if (n >= N) return;
    for (uint ix = 0u; ix < W; ix++) {
        vec4 self = vec4(float(iy * W + ix)), sum = vec4(0);
        for (uint i = T; i-- > 0u;) {
            int oy = covering(iy, i, outH);
            for (uint j = T; j-- > 0u;) {
                int ox = covering(ix, j, outW);
                bool inside = oy >= 0 && ox >= 0;
                uint row = inside ? (n * outH + uint(oy)) * outW + uint(ox) : 0u;
                LOAD(d, dy, row)
                LOAD(w, at, row)
                if (inside) sum += mix(vec4(0), d, equal(w, self));
            }
        }
        STORE(dx, line * W + ix, sum)
    }
}
