// dx of a pixel: the sum of dy / k^2 over the windows that cover it.
// build: avg_pool_grad
// build: avg_pool_grad_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
TENSOR(0, readonly, dy)
TENSOR(1, writeonly, dx)

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
