// dx of a pixel: the sum of dy over the windows whose maximum it is.
// build: max_pool_grad
// build: max_pool_grad_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
TENSOR(0, readonly, dy)
TENSOR(1, readonly, at) // input pixels
TENSOR(2, writeonly, dx)

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
