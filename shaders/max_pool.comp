// The largest value of every window; with INDEX the place of the first such
// value instead: row * W + column of the input pixel. Places outside the image
// repeat the nearest inside, which changes neither.
// build: max_pool
// build: max_pool_index -DINDEX
// build: max_pool_half -DHALF
// build: max_pool_index_half -DINDEX -DHALF
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
        vec4 best, where = vec4(float(uint(rangeY.x) * W + uint(rangeX.x)));
        for (uint i = 0u; i < K; i++) {
            uint iy = uint(min(rangeY.x + int(i), rangeY.y - 1));
            for (uint j = 0u; j < K; j++) {
                uint ix = uint(min(rangeX.x + int(j), rangeX.y - 1));
                LOAD(v, x, (n * H + iy) * W + ix)
                if (i + j == 0u) best = v;
                bvec4 better = greaterThan(v, best);
                best = mix(best, v, better);
                where = mix(where, vec4(float(iy * W + ix)), better);
            }
        }
#ifdef INDEX
        STORE(y, line * outW + ox, where)
#else
        STORE(y, line * outW + ox, best)
#endif
    }
}
