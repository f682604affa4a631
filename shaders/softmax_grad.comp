// dx = y (dy - sum(y dy)) over the first n numbers of every row, the rest of the row 0
#version 450
#extension GL_GOOGLE_include_directive : require
#include "lanes.glsl"
layout(push_constant) uniform P { uint rows, n, quads; };
layout(binding = 0) readonly buffer Y { vec4 y[]; };
layout(binding = 1) readonly buffer DY { vec4 dy[]; };
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };

bvec4 live() { return lessThan(4u * quad + uvec4(0, 1, 2, 3), uvec4(n)); }

void main() {
    float sum = 0.0;
    uint at = row * quads;
    if (row < rows)
        FOR_EACH_QUAD(quads) sum += sum4(mix(vec4(0), y[at + quad] * dy[at + quad], live()));
    sum = lanes_sum(sum);
    if (row < rows)
        FOR_EACH_QUAD(quads) dx[at + quad] = mix(vec4(0), y[at + quad] * (dy[at + quad] - sum), live());
}
