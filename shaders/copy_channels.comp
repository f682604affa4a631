// y[row, to + c] = x[row, from + c] for c < n, over rows of xC and yC channels
// build: copy_channels
// build: copy_channels_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool WHOLE = true; // from, to, n, xC and yC are multiples of 4
layout(push_constant) uniform P { uint rows, n, from, xC, to, yC, quads; };
#include "half.glsl"
TENSOR(0, readonly, x)
TENSOR(1, writeonly, y)

void main() {
    uint id = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint quad = id % quads, first = id / quads * 4u;
    for (uint row = first; row < min(first + 4u, rows); row++) {
        uint source = row * xC + from + 4u * quad, target = row * yC + to + 4u * quad;
        if (WHOLE) {
            PUT(y, target / 4u, GET(x, source / 4u));
        } else
            for (uint c = 0u; c < min(4u, n - 4u * quad); c++) { PUT1(y, target + c, GET1(x, source + c)); }
    }
}
