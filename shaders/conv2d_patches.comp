// conv2d_patches gathers under every output pixel what the taps of a convolution see, in the order of the weights:
// y[n,p,q, (c*R + r)*S + s] = x[n, p*stride - pad + r, q*stride - pad + s, c], zero in the padding and past the last.
// x [N,H,W,C], y [N,P,Q,E4*4]. An invocation makes four channels of a line of pixels.
#version 450
// build: conv2d_patches
// build: conv2d_patches_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { int N, H, W, C, P, Q, R, S, stride, pad, E4; } push;
FLOATS(0, readonly, x)
TENSOR(1, writeonly, y)

void main() {
    int id = int((gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x);
    int line = id / push.E4, quad = id - line * push.E4, n = line / push.P, p = line - n * push.P, taps = push.R * push.S;
    if (n >= push.N) return;
    ivec4 e = 4 * quad + ivec4(0, 1, 2, 3), c = e / taps, tap = e - c * taps, r = tap / push.S;
    ivec4 row = p * push.stride - push.pad + r, column = tap - r * push.S - push.pad;
    bvec4 live = bvec4(uvec4(lessThan(c, ivec4(push.C))) * uvec4(greaterThanEqual(row, ivec4(0))) * uvec4(lessThan(row, ivec4(push.H))));
    ivec4 from = ((n * push.H + row) * push.W + column) * push.C + c;
    for (int q = 0; q < push.Q; q++) {
        vec4 v;
        for (int k = 0; k < 4; k++) {
            bool seen = live[k] && column[k] >= 0 && column[k] < push.W;
            v[k] = seen ? GET(x, from[k]) : 0.0;
        }
        PUT(y, (line * push.Q + q) * push.E4 + quad, v);
        column += push.stride;
        from += push.stride * push.C;
    }
}
