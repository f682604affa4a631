// dx[c,i] = sum over the edges {i,j} of class c of pull * (x_i - x_j); zeros in rows that hold no point of a class that
// moves. Gathered by point, in the order of j: the same bits every run. The grid's x is the row of the class, y the
// class.
// build: topo_gradient
// build: topo_gradient_wide -DWIDE
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "topo.glsl"
#include "topo_features.glsl"
layout(local_size_x = 32) in;
layout(binding = 1) readonly buffer Ranks { uint rank[]; };
layout(binding = 2) readonly buffer Pulls { float pull[]; };
layout(binding = 3) readonly buffer Classes { Class classOf[]; };
layout(binding = 4) readonly buffer Reports { Report report[]; };
#ifdef WIDE
layout(binding = 5) writeonly buffer DX { wide4 dx[]; };
#else
layout(binding = 5) writeonly buffer DX4 { vec4 dx4[]; };
layout(binding = 5) writeonly buffer DX { float dx[]; };
#endif

shared float weight[256]; // of the neighbours that matter
shared uint near[256];
shared uint many;

void store(uint row, uint q, vec4 v) {
#ifdef WIDE
    dx[row * quads + q] = toWide4(v);
#else
    if (WHOLE) dx4[row * quads + q] = v;
    else
        for (uint k = 0u; k < min(4u, width - 4u * q); k++) dx[row * width + 4u * q + k] = v[k];
#endif
}

void main() {
    uint i = gl_WorkGroupID.x, c = gl_WorkGroupID.y, lane = gl_LocalInvocationID.x;
    uint n = report[c].moved != 0.0 && i < classOf[c].n ? classOf[c].n : 0u;
    for (uint j = lane; j < n; j += 32u) {
        uint e = rank[at(c, i, j)];
        weight[j] = e == NONE ? 0.0 : pull[c * slots + e];
    }
    barrier();
    if (lane == 0u) {
        uint last = 0u;
        for (uint j = 0u; j < n; j++) {
            float w = weight[j];
            if (w != 0.0) {
                weight[last] = w;
                near[last++] = j;
            }
        }
        many = last;
    }
    barrier();
    uint row = c * rows + i;
    for (uint first = lane; first < quads; first += 128u) { // four quads at a time
        vec4 sum[4], x[4];
        [[unroll]] for (uint k = 0u; k < 4u; k++) {
            sum[k] = vec4(0);
            x[k] = quad(row, min(first + 32u * k, quads - 1u));
        }
        for (uint t = 0u; t < many; t++) {
            float w = weight[t];
            uint other = c * rows + near[t];
            [[unroll]] for (uint k = 0u; k < 4u; k++) sum[k] += w * (x[k] - quad(other, min(first + 32u * k, quads - 1u)));
        }
        [[unroll]] for (uint k = 0u; k < 4u; k++)
            if (first + 32u * k < quads) store(row, first + 32u * k, sum[k]);
    }
}
