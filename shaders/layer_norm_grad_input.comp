// dx = rstd (g - mean(g) - z mean(z g)) (+ base), means over the row, g = gamma dy, z = (x - mean) rstd
// build: layer_norm_grad_input
// build: layer_norm_grad_input_sum -DSUM
#version 450
#extension GL_GOOGLE_include_directive : require
#include "lanes.glsl"
layout(push_constant) uniform P { uint rows, C, quads; };
#include "quads.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer X { vec4 x[]; };
layout(binding = 2) readonly buffer Gamma { vec4 gamma[]; };
layout(binding = 3) readonly buffer Stats { vec2 stats[]; }; // [rows]: mean, rstd
#ifdef SUM
layout(binding = 4) readonly buffer Base { vec4 base[]; };
layout(binding = 5) writeonly buffer DX { vec4 dx[]; };
#else
layout(binding = 4) writeonly buffer DX { vec4 dx[]; };
#endif

void main() {
    float level = 0.0, slope = 0.0;
    vec2 s = vec2(0);
    if (row < rows) {
        s = stats[row];
        FOR_EACH_QUAD(quads) {
            LOAD(g, dy, row)
            LOAD(scale, gamma, 0u)
            LOAD(v, x, row)
            g = mix(vec4(0), g * scale, lessThan(4u * quad + uvec4(0, 1, 2, 3), uvec4(C)));
            level += sum4(g);
            slope += dot(g, v - s.x);
        }
    }
    level = lanes_sum(level) / float(C);
    slope = lanes_sum(slope) * s.y * s.y / float(C);
    if (row >= rows) return;
    FOR_EACH_QUAD(quads) {
        LOAD(g, dy, row)
        LOAD(scale, gamma, 0u)
        LOAD(v, x, row)
        g = s.y * (g * scale - level - (v - s.x) * slope);
#ifdef SUM
        LOAD(b, base, row)
        g += b;
#endif
        STORE(dx, row, g)
    }
}
