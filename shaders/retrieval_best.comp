// best[q] = the query's anchor, then its m best candidates: (candidate, fit, J, J before clipping) each, by J, then by J
// before clipping, then by index. The anchor is the best that is not the query's own patch. Candidate -1: there is none.
// An invocation takes a query, as in retrieval_score.comp, and finds a candidate a round: the least after the last.
// Rounds from .. until-1 of all are made here; those before have been.
#version 450
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x = 8) in;
layout(binding = 0) readonly buffer Score { vec2 score[]; };
layout(binding = 1) readonly buffer Fit { float fit[]; };
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; }; // start, count
layout(binding = 3) readonly buffer Own { uint own[]; };           // patch that is no anchor; any other number for none
layout(binding = 4) buffer Best { vec4 best[]; };
layout(push_constant) uniform P { uint queries, images, longest, m, from, until; };

const float INF = 1.0 / 0.0;
const vec4 NONE = vec4(-1, 0, 0, 0);

bool before(vec2 a, uint i, vec2 b, uint j) { return a.x < b.x || a.x == b.x && (a.y < b.y || a.y == b.y && i < j); }

void main() {
    uint q = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 8u + gl_LocalInvocationID.x;
    if (q >= queries) return;
    uint at = q * longest, n = segment[q / images].y, to = q * (m + 1u);
    vec4 anchor = NONE;
    vec2 last = vec2(-INF);
    uint lastIndex = 0u;
    if (from > 0u) {
        anchor = best[to];
        vec4 found = best[to + from];
        last = found.x < 0.0 ? vec2(INF) : found.zw;
        lastIndex = found.x < 0.0 ? n : uint(found.x);
    }
    for (uint round = from; round < until && (round < m || anchor.x < 0.0); round++) {
        vec2 least = vec2(INF);
        uint index = n;
        for (uint j = 0u; j < n; j += 16u)
            [[unroll]] for (uint k = 0u; k < 16u; k++) {
                uint e = min(j + k, n - 1u);
                vec2 v = score[at + e];
                if (before(last, lastIndex, v, e) && before(v, e, least, index)) {
                    least = v;
                    index = e;
                }
            }
        last = least;
        lastIndex = index;
        vec4 found = index < n ? vec4(index, fit[at + index], least) : NONE;
        if (anchor.x < 0.0 && index != own[q]) anchor = found;
        if (round < m) best[to + 1u + round] = found;
    }
    best[to] = anchor;
}
