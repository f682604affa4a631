#version 450
// conv2d_winograd_input computes V = Bt d B for every 6x6 input tile d of x [.,H,W,C4*4] into v [36][tiles][C4*4]: tile
// (n, ty, tx) of TY x TX an image serves outputs from 4*ty, 4*tx on. ADJOINT makes
// A d At of the 4x4 tiles of an output gradient instead. One invocation per tile and vec4 of channels. `image` is the first
// image, so that a batch can be done in parts. NORM: see fused.glsl. VEC takes 32 channels at a time, and leaves number 8q + l of them
// at place 4l + q: see vector.glsl.
// build: conv2d_winograd_input
// build: conv2d_winograd_input_norm -DNORM
// build: conv2d_winograd_grad_output -DADJOINT
// build: conv2d_winograd_input_vec -DVEC
// build: conv2d_winograd_input_vec_norm -DVEC -DNORM
// build: conv2d_winograd_grad_output_vec -DVEC -DADJOINT
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
#include "divide.glsl"
layout(local_size_x = 64) in;
#ifdef VEC
#include "vector.glsl"
#define AFFINE(i) thirty_two(push.affine, i)
#define GET(at) thirty_two(push.x, at)
#define PUT(at, value) store4(push.v, at, value)
#else
#include "wide.glsl"
#define GET(at) all4(x[at])
#define PUT(at, value) v[at] = toWide4(value)

layout(std430, binding = 0) readonly buffer X { wide4 x[]; };
#ifdef NORM
layout(std430, binding = 1) readonly buffer Norm { wide4 affine[]; };
layout(std430, binding = 2) writeonly buffer V { wide4 v[]; };
#define AFFINE(i) all4(affine[i])
#else
layout(std430, binding = 1) writeonly buffer V { wide4 v[]; };
#endif
#endif

layout(push_constant) uniform Push {
#ifdef VEC
    Floats x;
#ifdef NORM
    Floats affine;
#endif
    Pairs v;
#endif
    int images, H, W, C4, TY, TX, pad, image;
} push;
#include "fused.glsl"

#ifdef ADJOINT
const int SIDE = 4;
#define TRANSFORM outputAdjoint
#define MATRIX A
#else
const int SIDE = 6;
#define TRANSFORM dataTransform
#define MATRIX BT
#endif

void main() {
    int tiles = push.images * push.TY * push.TX;
#ifdef VEC // i is of the first lane; what is left of the last workgroup does the last again
    int i = min(int(gl_WorkGroupID.x + 65535 * gl_WorkGroupID.y) * 64 + int(gl_SubgroupID) * 8, tiles * push.C4 - 8);
#else
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= tiles * push.C4) return;
#endif
    int tile = quotient(i, push.C4), c = i - tile * push.C4;
    int line = quotient(tile, push.TX), tx = tile - line * push.TX, n = quotient(line, push.TY), ty = line - n * push.TY;
    n += push.image;
    int y0 = ty * 4 - push.pad, x0 = tx * 4 - push.pad;

#ifdef NORM
    Affine norm = affine_of(c, push.C4);
#endif
    vec4 t[SIDE][6]; // each row of the tile, transformed
    [[unroll]] for (int r = 0; r < SIDE; r++) {
        vec4 d[SIDE];
        [[unroll]] for (int col = 0; col < SIDE; col++) {
            int yy = y0 + r, xx = x0 + col;
            bool inside = yy >= 0 && yy < push.H && xx >= 0 && xx < push.W;
            d[col] = GET(inside ? ((n * push.H + yy) * push.W + xx) * push.C4 + c : 0);
#ifdef NORM
            d[col] = normalised(d[col], norm);
#endif
            d[col] = inside ? d[col] : vec4(0);
        }
        t[r] = TRANSFORM(d);
    }
    int step = tiles * push.C4;
    [[dont_unroll]] for (int r = 0; r < 6; r++) {
        float m[SIDE];
        [[unroll]] for (int j = 0; j < SIDE; j++) m[j] = MATRIX[r * SIDE + j];
        [[unroll]] for (int col = 0; col < 6; col++) {
            vec4 sum = m[0] * t[0][col];
            [[unroll]] for (int j = 1; j < SIDE; j++) sum += m[j] * t[j][col];
            PUT((r * 6 + col) * step + i, sum);
        }
    }
}
