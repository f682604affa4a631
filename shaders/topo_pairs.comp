// The persistence pairs of every class: bars[c] = (birth edge, death edge), NONE for a birth with a vertex and for a
// death that never comes. H0 begins at 0, H1 at points; each lists the finite bars in order of death, then the
// essential ones in order of birth. Bars of length 0 are left out.
//
// A walk over the edges in their order, as in topology.Persistence: an edge with an empty link merges two components
// or opens a loop; every component of a link but the first closes a 4-cycle that may end one older loop. It is serial,
// one invocation of a workgroup a class: it is here so that nothing leaves the device, not because it is fast.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
layout(local_size_x = 32) in;
layout(constant_id = 0) const uint SLOTS = 1024;
layout(constant_id = 1) const uint COLUMN = 32; // ceil(SLOTS / 32)
layout(constant_id = 2) const uint POINTS = 256;
layout(constant_id = 3) const uint WORDS = 8; // ceil(POINTS / 32)
layout(constant_id = 4) const uint ARENA = 8192; // words of a class
layout(constant_id = 5) const uint STEPS = 1048576; // most turns of the walk
layout(binding = 0) readonly buffer Edges { uvec2 edge[]; };
layout(binding = 1) readonly buffer Rank { uint rank[]; };
layout(binding = 2) readonly buffer Links { uint lowest[]; };
layout(binding = 3) readonly buffer Classes { Class classOf[]; };
layout(binding = 4) writeonly buffer Bars { uvec2 bar[]; };
layout(binding = 5) buffer Reports { Report report[]; };
layout(binding = 6) buffer Arena { uint arena[]; }; // reduced columns: a length, then so many edges

// An edge is its two ends and, once filled, the third vertex of its triangle, 8 bits each; or the place in the arena of
// the column that ended its loop.
const uint FILLED = 1u << 31, SEVERAL = 1u << 30, ENDED = 1u << 29, OPEN = 1u << 28, PLACE = OPEN - 1u;

shared uint state[SLOTS];
shared uint column[COLUMN]; // the cycle at hand, a bit an edge
shared uint up[POINTS]; // of the union-find forest

uint c = gl_WorkGroupID.x;
uint top = 0u; // no word of column above it has a bit
uint used = 0u; // words of the arena
uint steps = 0u; // turns of the loops below

bool spent() { return used > ARENA || steps > STEPS; }

uint weight(uint e) { return edge[c * slots + e].x; } // as bits

void toggle(uint e) {
    column[e / 32u] ^= 1u << e % 32u;
    top = max(top, e / 32u);
}

void toggle(uint u, uint v) { toggle(rank[at(c, u, v)]); }

uint find(uint v) {
    for (; up[v] != v; steps++) v = up[v] = up[up[v]];
    return v;
}

// Reduces the cycle at hand and returns the edge that gave birth to the loop it ends, NONE when it was a boundary. One
// turn of the loop adds up to four edges of a column, goes down a word, looks at the latest edge or, once a birth is
// found, moves one edge of the reduced cycle to the arena.
uint reduce() {
    uint birth = NONE, place = 0u, next = 0u, last = 0u;
    for (bool more = true; more && !spent(); steps++) {
        if (next < last) {
            toggle(arena[next]);
            if (next + 1u < last) toggle(arena[next + 1u]);
            if (next + 2u < last) toggle(arena[next + 2u]);
            if (next + 3u < last) toggle(arena[next + 3u]);
            next += 4u;
        } else if (column[top] == 0u) {
            more = top > 0u;
            top -= uint(more);
        } else {
            uint e = 32u * top + findMSB(column[top]), s = state[e];
            if (birth != NONE) {
                toggle(e);
                if (used < ARENA) arena[c * ARENA + used] = e;
                used++;
            } else if ((s & FILLED) != 0u) {
                uint w = s >> 16 & 0xffu;
                toggle(e);
                toggle(s & 0xffu, w);
                toggle(w, s >> 8 & 0xffu);
            } else if ((s & ENDED) != 0u) {
                next = c * ARENA + (s & PLACE);
                last = next + 1u + arena[next];
                next++;
            } else { // open: a merging edge is never the latest of a cycle
                birth = e;
                place = used++;
                state[e] = ENDED | place;
            }
        }
    }
    if (birth != NONE && used <= ARENA) arena[c * ARENA + place] = used - place - 1u;
    return birth;
}

void walk(uint n, uint count) {
    uint to = c * (points + slots), finite[2] = uint[2](0u, 0u), components = n, essential = 0u, loops = 0u;
    for (uint e = 0u; e < count && !spent(); e++) {
        uint s = state[e], u = s & 0xffu, v = s >> 8 & 0xffu;
        if ((s & FILLED) == 0u) {
            uint a = find(u), b = find(v);
            if (a == b) {
                state[e] = s | OPEN;
                loops++;
            } else {
                up[a] = b;
                components--;
                if (weight(e) > 0u) bar[to + finite[0]++] = uvec2(NONE, e);
            }
            steps += 2u;
        } else if ((s & SEVERAL) != 0u) {
            uint first = s >> 16 & 0xffu;
            for (uint w = first / 32u; w < WORDS; w++) {
                uint rest = lowest[(c * slots + e) * WORDS + w];
                if (w == first / 32u) rest ^= 1u << first % 32u;
                for (; rest != 0u && loops > 0u; rest &= rest - 1u) { // with no loop open, a cycle can end nothing
                    uint other = 32u * w + findLSB(rest);
                    toggle(u, first);
                    toggle(first, v);
                    toggle(u, other);
                    toggle(other, v);
                    uint birth = reduce();
                    if (birth != NONE) {
                        loops--;
                        if (weight(birth) < weight(e)) bar[to + points + finite[1]++] = uvec2(birth, e);
                    }
                    steps += 2u;
                }
                steps += 2u;
            }
        }
    }
    if (spent()) {
        report[c].status = DEEP;
        finite[0] = finite[1] = components = 0u;
    } else {
        for (uint k = 0u; k < components; k++) bar[to + finite[0] + k] = uvec2(NONE);
        for (uint e = 0u; e < count; e++)
            if ((state[e] & (OPEN | ENDED | FILLED)) == OPEN) bar[to + points + finite[1] + essential++] = uvec2(e, NONE);
    }
    report[c].bars = float[4](float(finite[0]), float(components), float(finite[1]), float(essential));
}

void main() {
    uint lane = gl_LocalInvocationID.x, n = classOf[c].n, count = uint(report[c].edges);
    for (uint v = lane; v < n; v += 32u) up[v] = v;
    for (uint w = lane; w < COLUMN; w += 32u) column[w] = 0u;
    for (uint e = lane; e < count; e += 32u) {
        uvec2 p = ends(edge[c * slots + e].y);
        uint s = p.x | p.y << 8, found = 0u;
        for (uint w = 0u; w < WORDS; w++) {
            uint firsts = lowest[(c * slots + e) * WORDS + w];
            if (firsts != 0u && found == 0u) s |= FILLED | (32u * w + findLSB(firsts)) << 16;
            found += bitCount(firsts);
        }
        state[e] = found > 1u ? s | SEVERAL : s;
    }
    barrier();
    if (lane == 0u) walk(n, report[c].status == 0.0 ? count : 0u);
}
