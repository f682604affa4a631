// y = act(gamma (x - mean) / sqrt(var + eps) + beta), statistics by image
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
layout(binding = 0) readonly buffer In { vec4 x[]; };
layout(binding = 1) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 2) readonly buffer Beta { vec4 beta[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]
layout(binding = 4) writeonly buffer Out { vec4 y[]; };

void main() {
    if (!mine) return;
    LOAD(scale, gamma, 0u)
    LOAD(shift, beta, 0u)
    vec4 mean = stats[PLANE(0u)];
    scale *= inversesqrt(stats[PLANE(1u)] + eps);
    FOR_EACH_PIXEL(row) {
        LOAD(v, x, row)
        v = (v - mean) * scale + shift;
        v = activate(v);
        STORE(y, row, v)
    }
}
