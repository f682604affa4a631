// The largest value of every window; with INDEX the place of the first such
// value instead: row * W + column of the input pixel.
// build: max_pool
// build: max_pool_index -DINDEX
#version 450
#extension GL_GOOGLE_include_directive : require
#include "pool.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    uint ox = pixel % outW, oy = pixel / outW % outH, n = pixel / (outW * outH);
    if (n >= N) return;
    uvec2 rangeY = covered(oy, H), rangeX = covered(ox, W);
    vec4 best = vec4(0), where = vec4(0);
    bool first = true;
    for (uint iy = rangeY.x; iy < rangeY.y; iy++)
        for (uint ix = rangeX.x; ix < rangeX.y; ix++) {
            LOAD(v, x, (n * H + iy) * W + ix)
            bvec4 better = first ? bvec4(true) : greaterThan(v, best);
            best = mix(best, v, better);
            where = mix(where, vec4(float(iy * W + ix)), better);
            first = false;
        }
#ifdef INDEX
    STORE(y, pixel, where)
#else
    STORE(y, pixel, best)
#endif
}
