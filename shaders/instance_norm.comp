// y = act(gamma (x - mean) / sqrt(var + eps) + beta), statistics by image; POOL: the mean of that over windows
// build: instance_norm
// build: instance_norm_pool -DPOOL
// build: instance_norm_half -DHALF
// build: instance_norm_pool_half -DPOOL -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
TENSOR(0, readonly, x)
layout(binding = 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
TENSOR(4, writeonly, y)

void main() {
    if (!mine) return;
    LOAD_FULL(scale, gamma, 0u)
    LOAD_FULL(shift, beta, 0u)
    vec4 mean = stats[PLANE(0u)];
    scale *= inversesqrt(stats[PLANE(1u)] + eps);
#ifdef POOL
    FOR_EACH_WINDOW(out_row, corner) {
        vec4 sum = vec4(0);
        FOR_EACH_INSIDE(row, corner) {
            LOAD(v, x, row)
            sum += activate((v - mean) * scale + shift);
        }
        sum /= float(K * K);
        STORE(y, out_row, sum)
    }
#else
    FOR_EACH_PIXEL(row) {
        LOAD(v, x, row)
        v = (v - mean) * scale + shift;
        v = activate(v);
        STORE(y, row, v)
    }
#endif
}
