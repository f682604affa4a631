// y[b,h,w] = luminance (Rec. 601) in [0,1] of four images, 4b to 4b+3, out of normalised colours x [N,H,W,3]; the last
// image fills up. An image to a component: what follows works on pixels of four images at once.
// build: complexity_luma
// build: complexity_luma_plain -DPLAIN
#version 450
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#include "fours.glsl"
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) writeonly buffer Y { wide4 y[]; };
layout(push_constant) uniform P { uint N, pixels; float scale[3], shift; }; // luminance = scale . x + shift

void main() {
    uint i = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint b = uint(quotient(int(i), int(pixels))), p = i - b * pixels;
    if (4u * b >= N) return;
    vec4 v;
    for (uint k = 0u; k < 4u; k++) {
        uint e = 3u * (min(4u * b + k, N - 1u) * pixels + p);
        v[k] = scale[0] * x[e] + scale[1] * x[e + 1u] + scale[2] * x[e + 2u] + shift;
    }
    y[i] = toWide4(v);
}
