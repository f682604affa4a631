// Spins n rounds per invocation, for programs that take their time.
#version 450
layout(local_size_x = 8) in;
layout(binding = 0) buffer Y { uint y[]; };
layout(push_constant) uniform P { uint n; };

void main() {
    uint i = gl_GlobalInvocationID.x, s = y[i];
    for (uint k = 0; k < n; k++) s = (s ^ (s >> 7)) * 1664525u + 1013904223u;
    y[i] = s;
}
