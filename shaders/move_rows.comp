// y[n, i] = x[n, map[i]], or zeros where map[i] is negative: rows of C channels moved within each of many items
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint from, to;
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };   // [N, from, C]
layout(binding = 1) readonly buffer Map { float map[]; }; // [to]
layout(binding = 2) writeonly buffer Y { vec4 y[]; };  // [N, to, C]

void main() {
    if (slot >= slots) return;
    uint item = slot * per / to, i = slot * per - item * to;
    FOR_EACH_ROW(row) {
        int source = int(map[i]);
        vec4 v = vec4(0);
        if (source >= 0) {
            uint at = item * from + uint(source);
            LOAD(u, x, at)
            v = u;
        }
        STORE(y, row, v)
        if (++i == to) i = 0u, item++;
    }
}
