// y[row, to + c] = x[row, from + c] for c < n, over rows of xC and yC channels
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool WHOLE = true; // from, to, n, xC and yC are multiples of 4
layout(push_constant) uniform P { uint rows, n, from, xC, to, yC, quads; };
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

#define WORD(t, e) t[(e) >> 2][(e) & 3u]

void main() {
    uint id = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint quad = id % quads, first = id / quads * 4u;
    for (uint row = first; row < min(first + 4u, rows); row++) {
        uint source = row * xC + from + 4u * quad, target = row * yC + to + 4u * quad;
        if (WHOLE) y[target / 4u] = x[source / 4u];
        else
            for (uint c = 0u; c < min(4u, n - 4u * quad); c++) WORD(y, target + c) = WORD(x, source + c);
    }
}
