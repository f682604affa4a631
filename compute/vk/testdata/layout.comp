// Bindings of every kind: a hole at 1, and 4 seen through two types.
#version 450
layout(local_size_x = 8, local_size_y = 4, local_size_z = 2) in;
layout(binding = 0) readonly buffer A { vec4 a[]; };
layout(binding = 2) writeonly buffer B { vec4 b[]; };
layout(binding = 3) buffer C { uint count; vec4 c[]; };
layout(binding = 4) readonly buffer D { vec4 d[]; };
layout(binding = 4) buffer E { uint e[]; };
layout(push_constant) uniform P { mat3 m; float tail[3]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    b[i] = a[i] + d[i] + vec4(m[0], tail[1]);
    c[i] = b.length() * a[i];
    e[count] = i;
}
