// y(i, j) = x(i + down, j' + right), zero outside, where j' is j or, flipped,
// W - 1 - j. ADJOINT turns it round: x gets what y took from it.
// build: shift_crop
// build: shift_crop_grad -DADJOINT
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint N, H, W, C, quads; };

uint invocation = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
uint quad = invocation % quads, pixel = invocation / quads;
#include "quads.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Shift { vec4 shift[]; }; // [N]: down, right, flip, 0
layout(binding = 2) writeonly buffer Y { vec4 y[]; };

void main() {
    int w = int(W), j = int(pixel % W), i = int(pixel / W % H);
    uint n = pixel / (W * H);
    if (n >= N) return;
    vec4 s = shift[n];
    bool flip = s.z != 0.0;
#ifdef ADJOINT
    i -= int(s.x);
    j -= int(s.y);
    bool inside = j >= 0 && j < w;
    if (flip) j = w - 1 - j;
#else
    i += int(s.x);
    if (flip) j = w - 1 - j;
    j += int(s.y);
    bool inside = j >= 0 && j < w;
#endif
    inside = inside && i >= 0 && i < int(H);
    LOAD(v, x, inside ? (n * H + uint(i)) * W + uint(j) : 0u)
    v = mix(vec4(0), v, bvec4(inside));
    STORE(y, pixel, v)
}
