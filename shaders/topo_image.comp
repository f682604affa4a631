// difference[c,q] = I_syn - I_real, the persistence images of degree q: rows persistence, columns birth, a row ends on
// a vec4 (Eqn 10); and the loss, its square over the scale (Eqn 11).
//
// The kernel is separable: a table of its two factors for a lot of bars, then their product. All bars of H0 are born
// at 0, so one entry of the table holds the sum of many of them. The grid's x is the degree, y the class.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
#include "topo_bars.glsl"
layout(binding = 3) readonly buffer Real { vec4 real[]; };
layout(binding = 4) buffer Difference { vec4 difference[]; };

shared vec4 across[TABLE], along[TABLE]; // factors by birth, and by persistence times the weight

void main() {
    uint degree = gl_WorkGroupID.x, c = gl_WorkGroupID.y;
    Class set = classOf[c];
    uint begin = firstBar(c, degree), end = begin + barsOf(c, degree);
    uint image = (2u * c + degree) * grid * quads, size = grid * quads;
    for (uint s = lane; s < size; s += LOCAL) difference[image + s] = -real[image + s];
    uint entries = degree == 0u ? clamp(LOCAL / quads, 1u, lot) : lot; // of the table
    uint take = degree == 0u ? end - begin : lot; // bars at a time
    for (uint first = begin; first < end; first += take) {
        uint last = min(first + take, end), used = min(entries, last - first);
        for (uint t = lane; t < used * quads; t += LOCAL) {
            uint q = t % quads;
            vec4 sum = vec4(0);
            Point p;
            for (uint b = first + t / quads; b < last; b += used) {
                p = pointOf(c, set, b);
                sum += p.w * bell(q, p.y, set.sigma);
            }
            along[t] = sum;
            across[t] = bell(q, p.x, set.sigma);
        }
        barrier();
        for (uint s = lane; s < size; s += LOCAL) {
            uint row = s / quads, q = s % quads;
            vec4 sum = difference[image + s];
            for (uint b = 0u; b < used; b++) sum += along[b * quads + row / 4u][row % 4u] * across[b * quads + q];
            difference[image + s] = sum;
        }
        barrier();
    }
    float square = 0.0;
    for (uint s = lane; s < size; s += LOCAL) square += dot(difference[image + s], difference[image + s]);
    square = total(square);
    if (lane == 0u) report[c].loss[degree] = square * set.scale;
}
