// Adam on the rows idx of a table, from the rows of their gradient in order,
// then a clip to [lo, hi] of the element's channel. An index past the table is
// left alone.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "hyper.glsl"
layout(constant_id = 0) const bool WHOLE = true; // size is a multiple of 4
layout(binding = 0) readonly buffer G { vec4 g[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) readonly buffer H { Hyper h; };
layout(binding = 3) readonly buffer Lo { float lo[]; };
layout(binding = 4) readonly buffer Hi { float hi[]; };
layout(binding = 5) buffer W { vec4 w[]; };
layout(binding = 6) buffer M { vec4 m[]; };
layout(binding = 7) buffer V { vec4 v[]; };
layout(push_constant) uniform P { uint n, size, C, rows; }; // elements of g, of a row; channels; rows of the table

#define WORD(t, e) t[(e) >> 2][(e) & 3u]

void main() {
    Hyper hyper = h;
    FOR_EACH_VEC4(i, n) {
        if (WHOLE) {
            uint row = idx[4u * i / size], at = row * (size / 4u) + i % (size / 4u);
            if (row >= rows) continue;
            uvec4 c = (4u * i % size + uvec4(0, 1, 2, 3)) % C;
            vec4 wi = w[at], mi = m[at], vi = v[at];
            adam(hyper, false, g[i], wi, mi, vi);
            w[at] = clamp(wi, vec4(lo[c.x], lo[c.y], lo[c.z], lo[c.w]), vec4(hi[c.x], hi[c.y], hi[c.z], hi[c.w]));
            m[at] = mi, v[at] = vi;
        } else {
            for (uint e = 4u * i; e < min(4u * i + 4u, n); e++) {
                uint row = idx[e / size], at = row * size + e % size, c = e % size % C;
                if (row >= rows) continue;
                vec4 wi = vec4(WORD(w, at)), mi = vec4(WORD(m, at)), vi = vec4(WORD(v, at));
                adam(hyper, false, vec4(WORD(g, e)), wi, mi, vi);
                WORD(w, at) = clamp(wi.x, lo[c], hi[c]);
                WORD(m, at) = mi.x;
                WORD(v, at) = vi.x;
            }
        }
    }
}
