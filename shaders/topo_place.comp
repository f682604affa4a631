// table[idx[n]] = x[n], rows of size words; the grid's y is n. An index past the table is left out.
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X { uint x[]; };
layout(binding = 1) readonly buffer Index { uint idx[]; };
layout(binding = 2) writeonly buffer Table { uint table[]; };
layout(push_constant) uniform P { uint size, rows; }; // words of a row, rows of the table

void main() {
    uint n = gl_WorkGroupID.y, row = idx[n];
    if (row >= rows) return;
    uint first = gl_WorkGroupID.x * 256u + gl_LocalInvocationID.x, end = min(first + 256u, size);
    for (uint i = first; i < end; i += 64u) table[row * size + i] = x[n * size + i];
}
