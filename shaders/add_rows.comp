// table[idx] += c s rows, of a scalar s in memory. An index past the table is
// left out, as are rows in other parts of the table than the one bound, which
// begins with row from. The grid's y is the row.
#version 450
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool WHOLE = true; // size is a multiple of 4
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) readonly buffer S { float s; };
layout(binding = 3) buffer Table { vec4 table[]; };
layout(push_constant) uniform P { uint size, from, rows; float c; }; // elements of a row, part of the table

#define WORD(t, e) t[(e) >> 2][(e) & 3u]

void main() {
    uint n = gl_WorkGroupID.y, row = idx[n] - from;
    if (row >= rows) return;
    float by = c * s;
    uint first = gl_WorkGroupID.x * 256u + gl_LocalInvocationID.x, end = min(first + 256u, (size + 3u) / 4u);
    for (uint i = first; i < end; i += 64u) {
        if (WHOLE) table[row * (size / 4u) + i] += by * x[n * (size / 4u) + i];
        else
            for (uint k = 4u * i; k < min(4u * i + 4u, size); k++) WORD(table, row * size + k) += by * WORD(x, n * size + k);
    }
}
