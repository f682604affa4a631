// pull[c,e] = the class's weight times the change of its loss with the length of edge e, over that length: what the
// difference of the edge's ends is multiplied by. It is 0 where the length is. The adjoint of topo_image:
//
//     A = sum D w(y) g (u_x - x) / sigma^2,  B = sum D g (w'(y) + w(y) (u_y - y) / sigma^2)
//     dL/dbirth = (A - B) / eps,  dL/ddeath = B / eps
//
// with D the gradient by pixel and g the kernel. An edge gives birth to one loop, or ends one component, or ends loops
// that lie one after another among the bars; so sums go over such runs and no two invocations meet. Also the push,
// <gradient, z - mean>, which is the sum of the lengths times their change. One workgroup a class.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "topo.glsl"
#include "topo_bars.glsl"
layout(binding = 3) readonly buffer Difference { vec4 difference[]; };
layout(binding = 4) coherent buffer Pulls { float pull[]; };
layout(binding = 6) coherent buffer Slopes { vec2 slope[]; }; // by bar: dL/dbirth, dL/ddeath

shared vec4 across[TABLE]; // the kernel by birth
shared vec4 still[TABLE], moved[TABLE]; // sums along rows of pixels of D g and D g (u_x - x) / sigma^2, four rows each

// Slopes of the bars begin .. end-1 of a degree.
void descend(uint c, Class set, uint degree, uint begin, uint end) {
    uint image = (2u * c + degree) * grid * quads, take = degree == 0u ? end - begin : lot;
    float byPixel = 2.0 * set.scale * (degree == 0u ? 1.0 : set.gamma), sharp = 1.0 / (set.sigma * set.sigma);
    for (uint first = begin; first < end; first += take) {
        uint last = min(first + take, end), births = degree == 0u ? 1u : last - first; // H0 shares one
        for (uint t = lane; t < births * quads; t += LOCAL)
            across[t] = bell(t % quads, pointOf(c, set, first + t / quads).x, set.sigma);
        barrier();
        for (uint t = lane; t < births * quads; t += LOCAL) {
            float x = pointOf(c, set, first + t / quads).x;
            uint kernel = t - t % quads, row[4];
            [[unroll]] for (uint k = 0u; k < 4u; k++) row[k] = image + min(4u * (t % quads) + k, grid - 1u) * quads;
            vec4 sum = vec4(0), lever = vec4(0);
            for (uint q = 0u; q < quads; q++) {
                vec4 g = across[kernel + q], by = g * (centre(q) - x) * sharp;
                [[unroll]] for (uint k = 0u; k < 4u; k++) {
                    vec4 v = difference[row[k] + q];
                    sum[k] += dot(v, g);
                    lever[k] += dot(v, by);
                }
            }
            still[t] = sum;
            moved[t] = lever;
        }
        barrier();
        for (uint i = first + lane; i < last; i += LOCAL) {
            Point p = pointOf(c, set, i);
            uint b = degree == 0u ? 0u : (i - first) * quads;
            float A = 0.0, B = 0.0;
            for (uint q = 0u; q < quads; q++) {
                vec4 g = bell(q, p.y, set.sigma);
                A += p.w * dot(moved[b + q], g);
                B += dot(still[b + q], g * (p.slope + p.w * (centre(q) - p.y) * sharp));
            }
            slope[i] = byPixel / set.eps * vec2(A - B, bar[i].y == NONE ? 0.0 : B);
        }
        barrier();
    }
}

void main() {
    uint c = gl_WorkGroupID.x, count = uint(report[c].edges), begin[2], end[2];
    Class set = classOf[c];
    for (uint e = lane; e < count; e += LOCAL) pull[c * slots + e] = 0.0;
    for (uint degree = 0u; degree < 2u; degree++) {
        begin[degree] = firstBar(c, degree);
        end[degree] = begin[degree] + barsOf(c, degree);
        descend(c, set, degree, begin[degree], end[degree]);
    }
    memoryBarrierBuffer();
    barrier();
    for (uint degree = 0u; degree < 2u; degree++)
        for (uint i = begin[degree] + lane; i < end[degree]; i += LOCAL) {
            uvec2 b = bar[i];
            if (b.x != NONE) pull[c * slots + b.x] = slope[i].x;
            if (b.y == NONE || i > begin[degree] && bar[i - 1u].y == b.y) continue;
            float sum = 0.0;
            for (uint k = i; k < end[degree] && bar[k].y == b.y; k++) sum += slope[k].y;
            pull[c * slots + b.y] = sum;
        }
    memoryBarrierBuffer();
    barrier();
    float along = 0.0, moves = 0.0;
    for (uint e = lane; e < count; e += LOCAL) {
        float change = pull[c * slots + e], w = uintBitsToFloat(edge[c * slots + e].x);
        along += change * w;
        change = w > 0.0 ? set.weight * change / w : 0.0;
        if (change != 0.0) moves = 1.0;
        pull[c * slots + e] = change;
    }
    along = total(along);
    moves = total(moves);
    if (lane == 0u) {
        report[c].push = along;
        report[c].moved = min(moves, 1.0);
    }
}
