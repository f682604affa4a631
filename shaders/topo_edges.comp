// The edges of the mutual k-NN graph up to eps, edge[c,e] = (bits of the weight, ends), in the order of (weight, i, j):
// {i,j} with d <= min(reach_i, reach_j) and d <= eps. Edges beyond eps are counted. A class without finite distances,
// or with more edges than slots, gets none and a status.
//
// One workgroup a class. Edges are gathered in any order and sorted in shared memory by merging: every key finds its
// place among those of the neighbouring run by bisection. All keys differ, so the order does not depend on the way.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
const uint LOCAL = 128u;
layout(local_size_x = 128) in;
layout(constant_id = 0) const uint SLOTS = 1024;
layout(constant_id = 1) const uint SHARE = 8; // ceil(SLOTS / LOCAL): keys of one invocation
layout(binding = 0) readonly buffer D { vec4 d[]; };
layout(binding = 1) readonly buffer Reach { vec4 reach[]; };
layout(binding = 2) readonly buffer Classes { Class classOf[]; };
layout(binding = 3) writeonly buffer Edges { uvec2 edge[]; };
layout(binding = 4) writeonly buffer Reports { Report report[]; };

shared uvec2 key[SLOTS];
shared uint found, beyond, strange;

bool less(uvec2 a, uvec2 b) { return a.x < b.x || a.x == b.x && a.y < b.y; }

void main() {
    uint c = gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
    uint n = classOf[c].n, quads = (n + 3u) / 4u;
    if (lane == 0u) found = beyond = strange = 0u;
    barrier();
    for (uint p = lane; p < n * quads; p += LOCAL) {
        uint i = p / quads, q = p % quads;
        if (4u * q + 3u <= i) continue;
        float own = reach[c * stride / 4u + i / 4u][i % 4u];
        if ((floatBitsToUint(own) & 0x7f800000u) == 0x7f800000u) strange = 1u;
        vec4 w = d[at(c, i, 4u * q) / 4u], limit = min(reach[c * stride / 4u + q], own);
        for (uint e = 0u; e < 4u; e++) {
            uint j = 4u * q + e;
            if (j <= i || !(w[e] <= limit[e])) continue;
            if (w[e] > classOf[c].eps) {
                atomicAdd(beyond, 1u);
                continue;
            }
            uint to = atomicAdd(found, 1u);
            if (to < SLOTS) key[to] = uvec2(floatBitsToUint(w[e]), pack(i, j));
        }
    }
    barrier();
    uint count = found <= SLOTS && strange == 0u ? found : 0u;
    for (uint run = 1u; run < count; run *= 2u) {
        uvec2 mine[SHARE];
        uint place[SHARE];
        for (uint t = 0u; t < SHARE; t++) {
            uint e = lane + t * LOCAL;
            if (e >= count) break;
            mine[t] = key[e];
            uint other = min((e / run ^ 1u) * run, count); // where the neighbouring run begins
            uint lo = other, hi = min(other + run, count);
            while (lo < hi) {
                uint middle = (lo + hi) / 2u;
                if (less(key[middle], mine[t])) lo = middle + 1u;
                else hi = middle;
            }
            place[t] = e + (lo - other) - (other < e ? run : 0u);
        }
        barrier();
        for (uint t = 0u; t < SHARE; t++) {
            uint e = lane + t * LOCAL;
            if (e < count) key[place[t]] = mine[t];
        }
        barrier();
    }
    for (uint e = lane; e < count; e += LOCAL) edge[c * slots + e] = key[e];
    if (lane == 0u) {
        report[c].status = strange != 0u ? INFINITE : found > SLOTS ? CROWDED : 0.0;
        report[c].edges = float(count);
        report[c].clipped = float(beyond);
    }
}
