// The mean of every window; padding counts as zeros.
// build: avg_pool
// build: avg_pool_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)

void main() {
    uint n = line / outH;
    if (n >= N) return;
    ivec2 rangeY = covered(line % outH, H);
    for (uint ox = 0u; ox < outW; ox++) {
        ivec2 rangeX = covered(ox, W);
        vec4 sum = vec4(0);
        for (uint i = 0u; i < K; i++)
            for (uint j = 0u; j < K; j++) {
                ivec2 at = ivec2(rangeY.x + int(i), rangeX.x + int(j));
                bool inside = at.x < rangeY.y && at.y < rangeX.y;
                LOAD(v, x, inside ? (n * H + uint(at.x)) * W + uint(at.y) : 0u)
                if (inside) sum += v;
            }
        sum /= float(K * K);
        STORE(y, line * outW + ox, sum)
    }
}
