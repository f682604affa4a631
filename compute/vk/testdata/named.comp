// Writes its push constants, whose names its SPIR-V keeps.
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) writeonly buffer Y { uint y[8]; };
layout(push_constant) uniform P { uint n; float a; float w[3]; int last; uint yes; };

void main() {
    y[0] = n;
    y[1] = floatBitsToUint(a);
    for (int i = 0; i < 3; i++) y[2 + i] = floatBitsToUint(w[i]);
    y[5] = uint(last);
    y[6] = yes;
}
