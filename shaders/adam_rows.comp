// Adam on the rows idx of a table, from the rows of their gradient in order,
// then a clip to the bounds of the element's channel. An index past the table
// is left alone, as are rows in other parts of the table than the one bound,
// which begins with row from. The grid's y is the row.
// build: adam_rows
// build: adam_rows_scaled -DSCALED
#version 450
#extension GL_GOOGLE_include_directive : require
#include "hyper.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool WHOLE = true; // size is a multiple of 4
layout(binding = 0) readonly buffer G { vec4 g[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) readonly buffer H { vec4 h[2]; };
layout(binding = 3) readonly buffer Lo { vec4 lo[]; };
layout(binding = 4) readonly buffer Hi { vec4 hi[]; };
layout(binding = 5) buffer W { vec4 w[]; };
layout(binding = 6) buffer M { vec4 m[]; };
layout(binding = 7) buffer V { vec4 v[]; };
// elements of a row, rows of the part of the table; the bounds repeat every period vec4
layout(push_constant) uniform P { uint size, from, rows, period; SCALE };

#define WORD(t, e) t[(e) >> 2][(e) & 3u]

void main() {
    uint row = idx[gl_WorkGroupID.y] - from;
    if (row >= rows) return;
    Hyper hyper = HYPER(h);
    uint first = gl_WorkGroupID.x * 256u + gl_LocalInvocationID.x, end = min(first + 256u, (size + 3u) / 4u);
    for (uint i = first; i < end; i += 64u) {
        vec4 low = lo[i % period], high = hi[i % period];
        if (WHOLE) {
            uint at = row * (size / 4u) + i;
            vec4 wi = w[at], mi = m[at], vi = v[at];
            adam(hyper, false, GRADIENT(g[gl_WorkGroupID.y * (size / 4u) + i]), wi, mi, vi);
            w[at] = clamp(wi, low, high), m[at] = mi, v[at] = vi;
        } else
            for (uint k = 0u; k < min(4u, size - 4u * i); k++) {
                uint at = row * size + 4u * i + k;
                vec4 wi = vec4(WORD(w, at)), mi = vec4(WORD(m, at)), vi = vec4(WORD(v, at));
                adam(hyper, false, GRADIENT(vec4(WORD(g, gl_WorkGroupID.y * size + 4u * i + k))), wi, mi, vi);
                WORD(w, at) = clamp(wi.x, low[k], high[k]);
                WORD(m, at) = mi.x;
                WORD(v, at) = vi.x;
            }
    }
}
