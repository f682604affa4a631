// y[to + i] = x[from + i] for i < n
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint from, to, n; };
layout(binding = 0) readonly buffer X { uint x[]; };
layout(binding = 1) writeonly buffer Y { uint y[]; };

void main() {
    uint i = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    if (i < n) y[to + i] = x[from + i];
}
