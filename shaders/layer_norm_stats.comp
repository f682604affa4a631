// Mean and 1 / sqrt(variance + eps) of every row. The sums are taken around the row's first number, so that a mean far from
// zero costs no digits.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "lanes.glsl"
layout(push_constant) uniform P { uint rows, C, quads; float eps; };
#include "quads.glsl"
layout(binding = 0) readonly buffer In { vec4 x[]; };
layout(binding = 1) writeonly buffer Stats { vec2 stats[]; }; // [rows]

void main() {
    float sum = 0.0, square = 0.0, pivot = 0.0;
    if (row < rows) {
        uint first = row * C;
        pivot = x[first >> 2][first & 3u];
        FOR_EACH_QUAD(quads) {
            LOAD(v, x, row)
            v = mix(vec4(0), v - pivot, lessThan(4u * quad + uvec4(0, 1, 2, 3), uvec4(C)));
            sum += sum4(v);
            square += dot(v, v);
        }
    }
    sum = lanes_sum(sum);
    square = lanes_sum(square);
    if (row >= rows || lane > 0u) return;
    float mean = sum / float(C);
    stats[row] = vec2(pivot + mean, inversesqrt(max(square / float(C) - mean * mean, 0.0) + eps));
}
