// dx[c,i] = sum over the edges {i,j} of class c of pull * (x_i - x_j); zeros in rows that hold no point of a class that
// moves. Gathered by point, in the order of j: the same bits every run. The grid's x is the row of the class, y the
// class.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
#include "topo_features.glsl"
layout(local_size_x = 64) in;
layout(binding = 1) readonly buffer Ranks { uint rank[]; };
layout(binding = 2) readonly buffer Pulls { float pull[]; };
layout(binding = 3) readonly buffer Classes { Class classOf[]; };
layout(binding = 4) readonly buffer Reports { Report report[]; };
layout(binding = 5) writeonly buffer DX4 { vec4 dx4[]; };
layout(binding = 5) writeonly buffer DX { float dx[]; };

shared float weight[256]; // of the neighbours that matter
shared uint near[256];
shared uint many;

void main() {
    uint i = gl_WorkGroupID.x, c = gl_WorkGroupID.y, lane = gl_LocalInvocationID.x;
    uint n = report[c].moved != 0.0 && i < classOf[c].n ? classOf[c].n : 0u;
    for (uint j = lane; j < n; j += 64u) {
        uint e = rank[at(c, i, j)];
        weight[j] = e == NONE ? 0.0 : pull[c * slots + e];
    }
    barrier();
    if (lane == 0u) {
        many = 0u;
        for (uint j = 0u; j < n; j++)
            if (weight[j] != 0.0) {
                weight[many] = weight[j];
                near[many++] = j;
            }
    }
    barrier();
    uint row = c * rows + i;
    for (uint q = lane; q < quads; q += 64u) {
        vec4 sum = vec4(0), x = quad(row, q);
        for (uint t = 0u; t < many; t++) sum += weight[t] * (x - quad(c * rows + near[t], q));
        if (WHOLE) dx4[row * quads + q] = sum;
        else
            for (uint k = 0u; k < min(4u, width - 4u * q); k++) dx[row * width + 4u * q + k] = sum[k];
    }
}
