// best[q] = the query's anchor, then its m best candidates: (candidate, fit, J, J before clipping) each, by J, then by J
// before clipping, then by index. The anchor is the best that is not the query's own patch. Candidate -1: there is none.
// A workgroup takes a query and finds one candidate a round: the least after the last.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(binding = 0) readonly buffer Score { vec2 score[]; };
layout(binding = 1) readonly buffer Fit { float fit[]; };
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; }; // start, count
layout(binding = 3) readonly buffer Own { uint own[]; };           // patch that is no anchor; any other number for none
layout(binding = 4) writeonly buffer Best { vec4 best[]; };
layout(push_constant) uniform P { uint queries, images, longest, m; };

const float INF = 1.0 / 0.0;
struct Pick { vec2 score; uint index; };
shared Pick picks[64];

bool before(Pick a, Pick b) {
    if (a.score.x != b.score.x) return a.score.x < b.score.x;
    if (a.score.y != b.score.y) return a.score.y < b.score.y;
    return a.index < b.index;
}

Pick first(Pick p) {
    picks[lane] = p;
    barrier();
    if (lane < 8u)
        for (uint i = lane + 8u; i < 64u; i += 8u) if (before(picks[i], p)) p = picks[i];
    barrier();
    if (lane < 8u) picks[lane] = p;
    barrier();
    p = picks[0];
    for (uint i = 1u; i < 8u; i++) if (before(picks[i], p)) p = picks[i];
    barrier();
    return p;
}

void main() {
    if (row >= queries) return;
    uint at = row * longest, n = segment[row / images].y, to = row * (m + 1u);
    Pick none = Pick(vec2(INF), 0xffffffffu), last = Pick(vec2(-INF), 0u);
    bool anchored = false;
    for (uint round = 0u; round < m || !anchored && round < 2u; round++) {
        Pick least = none;
        FOR_EACH_COLUMN(j, n) {
            Pick p = Pick(score[at + j], j);
            if (before(last, p) && before(p, least)) least = p;
        }
        last = first(least);
        bool some = last.index < n;
        vec4 v = some ? vec4(last.index, fit[at + last.index], last.score) : vec4(-1.0, 0.0, 0.0, 0.0);
        bool anchors = !anchored && some && last.index != own[row];
        if (lane == 0u && round < m) best[to + 1u + round] = v;
        if (lane == 0u && anchors) best[to] = v;
        anchored = anchored || anchors;
    }
    if (lane == 0u && !anchored) best[to] = vec4(-1.0, 0.0, 0.0, 0.0);
}
