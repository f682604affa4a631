// y[n] = table[idx[n]], row by row of size words. An index past the table takes
// its last row: memory stays safe, the host checks the meaning.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(constant_id = 0) const bool WHOLE = true; // size is a multiple of 4
layout(binding = 0) readonly buffer Table { uvec4 table[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) writeonly buffer Y { uvec4 y[]; };
layout(push_constant) uniform P { uint n, size, last; }; // words of y, words of a row, last row of the table

uint word(uint e) {
    uint at = min(idx[e / size], last) * size + e % size;
    return table[at >> 2][at & 3u];
}

void main() {
    FOR_EACH_VEC4(i, n) {
        if (WHOLE) y[i] = table[min(idx[4u * i / size], last) * (size / 4u) + i % (size / 4u)];
        else {
            uvec4 e = min(4u * i + uvec4(0, 1, 2, 3), uvec4(n - 1u));
            y[i] = uvec4(word(e.x), word(e.y), word(e.z), word(e.w));
        }
    }
}
