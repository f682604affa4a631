// conv2d_columns adds up, for every input pixel and channel, the columns of a convolution's data gradient that meet there:
// dx[n,h,w,c] = sum over the taps of x[n,p,q, (c*R + r)*S + s] with p*stride - pad + r = h, q*stride - pad + s = w.
// x [N,P,Q,E] of images from `image` on, dx [.,H,W,C]. One invocation per element of dx.
#version 450
// build: conv2d_columns
// build: conv2d_columns_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#include "half.glsl"
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { int N, H, W, C, P, Q, R, S, stride, pad, E, image; } push;
FLOATS(0, readonly, x)
layout(std430, binding = 1) writeonly buffer DX { float dx[]; };

void main() {
    int id = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (id >= push.N * push.H * push.W * push.C) return;
    int pixel = quotient(id, push.C), c = id - pixel * push.C, row = quotient(pixel, push.W), w = pixel - row * push.W;
    int n = quotient(row, push.H), h = row - n * push.H;
    // Output pixels p with 0 <= h + pad - p*stride < R, from the last on; so for q.
    int lastP = min(quotient(h + push.pad, push.stride), push.P - 1), lastQ = min(quotient(w + push.pad, push.stride), push.Q - 1);
    float sum = 0;
    for (int p = lastP; p >= 0 && h + push.pad - p * push.stride < push.R; p--) {
        int r = h + push.pad - p * push.stride;
        for (int q = lastQ; q >= 0 && w + push.pad - q * push.stride < push.S; q--) {
            int s = w + push.pad - q * push.stride;
            sum += GET(x, ((n * push.P + p) * push.Q + q) * push.E + (c * push.R + r) * push.S + s);
        }
    }
    dx[push.image * push.H * push.W * push.C + id] = sum;
}
