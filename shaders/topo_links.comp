// The link test of every edge: link[c,e,w] has a bit for the lowest vertex of each component of the link of edge e, 32
// vertices a word. The link of {u,v} are the common neighbours of u and v joined to both before e, with the earlier
// edges among them. Its first component fills e the moment it enters, each further one closes a 4-cycle.
//
// An invocation takes one edge, no more: a link of 254 vertices apart takes 40000 turns, and Mesa's CPU driver leaves
// every loop at 65535. The grid's y is the class.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "topo.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint WORDS = 8; // ceil(points / 32)
layout(binding = 0) readonly buffer Edges { uvec2 edge[]; };
layout(binding = 1) readonly buffer Ranks { uvec4 rank4[]; };
layout(binding = 1) readonly buffer Rank { uint rank[]; };
layout(binding = 2) readonly buffer Classes { Class classOf[]; };
layout(binding = 3) readonly buffer Reports { Report report[]; };
layout(binding = 4) writeonly buffer Links { uint lowest[]; };

void main() {
    uint c = gl_WorkGroupID.y, n = classOf[c].n, e = gl_GlobalInvocationID.x;
    if (e >= uint(report[c].edges)) return;
    uvec2 p = ends(edge[c * slots + e].y);
    uint link[WORDS], reached[WORDS], left = 0u; // the link's vertices not flooded yet; those to flood from
    for (uint w = 0u; w < WORDS; w++) link[w] = reached[w] = 0u;
    for (uint q = 0u; q < (n + 3u) / 4u; q++) {
        uvec4 joined = uvec4(lessThan(max(rank4[at(c, p.x, 4u * q) / 4u], rank4[at(c, p.y, 4u * q) / 4u]), uvec4(e)));
        link[q / 8u] |= (joined.x | joined.y << 1 | joined.z << 2 | joined.w << 3) << (4u * (q % 8u));
    }
    for (uint w = 0u; w < WORDS; w++) left += bitCount(link[w]);
    for (uint w = 0u; w < WORDS; w++) {
        uint firsts = 0u;
        while (link[w] != 0u) {
            uint bit = link[w] & -link[w];
            firsts |= bit;
            link[w] ^= bit;
            reached[w] |= bit;
            left--;
            for (uint from = w; left > 0u && from < WORDS;) { // flood
                if (reached[from] == 0u) {
                    from++;
                    continue;
                }
                uint x = 32u * from + findLSB(reached[from]);
                reached[from] &= reached[from] - 1u;
                for (uint o = w; o < WORDS; o++)
                    for (uint rest = link[o]; rest != 0u; rest &= rest - 1u) {
                        uint y = findLSB(rest);
                        if (rank[at(c, x, 32u * o + y)] >= e) continue;
                        link[o] ^= 1u << y;
                        reached[o] |= 1u << y;
                        left--;
                        from = min(from, o);
                    }
            }
            for (uint o = w; o < WORDS; o++) reached[o] = 0u;
        }
        lowest[(c * slots + e) * WORDS + w] = firsts;
    }
}
