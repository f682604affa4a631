// difference[c,q] = I_syn - I_real, the persistence images of degree q: rows persistence, columns birth, a row ends on
// a vec4 (Eqn 10); and the loss, its square over the scale (Eqn 11).
//
// The kernel is separable: a table of its two factors for a lot of bars, then their product, 4 x 4 pixels an invocation.
// All bars of H0 are born at 0, so an entry of their table holds the sum of many. The grid's x is the degree, y the class.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "topo.glsl"
#include "topo_bars.glsl"
layout(binding = 3) readonly buffer Real { vec4 real[]; };
layout(binding = 4) buffer Difference { vec4 difference[]; };

shared vec4 across[TABLE], along[TABLE]; // factors by birth, and by persistence times the weight

// Every invocation keeps to its own pixels: row 4 * t / quads + k, quad t % quads.
#define FOR_EACH_TILE(t) for (uint t = lane; t < quads * quads; t += LOCAL)
#define ROWS(t, k) [[unroll]] for (uint k = 0u; k < 4u; k++) if (4u * (t / quads) + k < grid)

void main() {
    uint degree = gl_WorkGroupID.x, c = gl_WorkGroupID.y;
    Class set = classOf[c];
    uint begin = firstBar(c, degree), end = begin + barsOf(c, degree);
    uint image = (2u * c + degree) * grid * quads;
    FOR_EACH_TILE(t) ROWS(t, k) {
        uint pixel = image + (4u * (t / quads) + k) * quads + t % quads;
        difference[pixel] = -real[pixel];
    }
    uint take = degree == 0u ? end - begin : lot, entries = degree == 0u ? 4u : lot; // bars at a time, and of the table
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
        FOR_EACH_TILE(t) {
            vec4 sum[4] = vec4[4](vec4(0), vec4(0), vec4(0), vec4(0));
            for (uint b = 0u; b < used * quads; b += quads) {
                vec4 y = along[b + t / quads], x = across[b + t % quads];
                [[unroll]] for (uint k = 0u; k < 4u; k++) sum[k] += y[k] * x;
            }
            ROWS(t, k) difference[image + (4u * (t / quads) + k) * quads + t % quads] += sum[k];
        }
        barrier();
    }
    float square = 0.0;
    FOR_EACH_TILE(t) ROWS(t, k) {
        vec4 v = difference[image + (4u * (t / quads) + k) * quads + t % quads];
        square += dot(v, v);
    }
    square = total(square);
    if (lane == 0u) report[c].loss[degree] = square * set.scale;
}
