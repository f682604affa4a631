// y[i] += a x[i], by address.
#version 450
#extension GL_EXT_buffer_reference : require
layout(local_size_x = 8) in;
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer X { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Y { float v[]; };
layout(push_constant) uniform P { int n; float a; X x; Y y; } p;

void main() {
    int i = int(gl_GlobalInvocationID.x);
    if (i < p.n) p.y.v[i] += p.a * p.x.v[i];
}
