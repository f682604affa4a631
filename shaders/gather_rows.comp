// y[n] = table[idx[n]], rows of size words; the grid's y is n. An index past the
// table takes its last row: memory stays safe, the host checks the meaning. What
// is bound is rows of the table beginning with row from; rows of other parts of
// the table are left alone.
#version 450
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool WHOLE = true; // size is a multiple of 4
layout(binding = 0) readonly buffer Table { uvec4 table[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) writeonly buffer Y { uvec4 y[]; };
layout(push_constant) uniform P { uint size, last, from, rows; }; // words of a row, last row of the table, part of the table

#define WORD(t, e) t[(e) >> 2][(e) & 3u]

void main() {
    uint n = gl_WorkGroupID.y, row = min(idx[n], last) - from;
    if (row >= rows) return;
    uint first = gl_WorkGroupID.x * 256u + gl_LocalInvocationID.x, end = min(first + 256u, (size + 3u) / 4u);
    for (uint i = first; i < end; i += 64u) {
        if (WHOLE) y[n * (size / 4u) + i] = table[row * (size / 4u) + i];
        else
            for (uint k = 4u * i; k < min(4u * i + 4u, size); k++) WORD(y, n * size + k) = WORD(table, row * size + k);
    }
}
