// table[at] = row, of size words, and at moves on by one. A place past the table is its last row. One workgroup.
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint size, last; }; // words of a row, last row of the table
layout(binding = 0) readonly buffer Row { uint row[]; };
layout(binding = 1) buffer At { uint at[]; };
layout(binding = 2) writeonly buffer Table { uint table[]; };

void main() {
    uint place = at[0];
    for (uint i = gl_LocalInvocationID.x; i < size; i += 64u) table[min(place, last) * size + i] = row[i];
    barrier(); // everyone has read the place
    if (gl_LocalInvocationID.x == 0u) at[0] = place + 1u;
}
