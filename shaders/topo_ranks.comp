// rank[c,i,j] = the place of edge {i,j} in the order, NONE where there is none. One workgroup a class.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
const uint LOCAL = 128u;
layout(local_size_x = 128) in;
layout(binding = 0) readonly buffer Edges { uvec2 edge[]; };
layout(binding = 1) readonly buffer Classes { Class classOf[]; };
layout(binding = 2) readonly buffer Reports { Report report[]; };
layout(binding = 3) coherent writeonly buffer Ranks { uint rank[]; };

void main() {
    uint c = gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
    uint words = classOf[c].n * stride, count = uint(report[c].edges);
    for (uint p = lane; p < words; p += LOCAL) rank[c * points * stride + p] = NONE;
    memoryBarrierBuffer();
    barrier();
    for (uint e = lane; e < count; e += LOCAL) {
        uvec2 p = ends(edge[c * slots + e].y);
        rank[at(c, p.x, p.y)] = e;
        rank[at(c, p.y, p.x)] = e;
    }
}
