#version 450
// conv2d_winograd_output computes the 4x4 outputs y = At m A of every tile of m [36][tiles][K4*4] (see
// conv2d_winograd_input.comp) into y [.,P,Q,K4*4]. One invocation per tile and vec4 of channels. GRAD and MOMENTS (of
// whole tiles, each a slot): see fused.glsl. VEC takes 32 channels at a time, of which number 4l + q lies at place 8q + l: see
// vector.glsl.
// build: conv2d_winograd_output
// build: conv2d_winograd_output_moments -DMOMENTS
// build: conv2d_winograd_output_grad -DGRAD
// build: conv2d_winograd_output_vec -DVEC
// build: conv2d_winograd_output_vec_grad -DVEC -DGRAD
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
#include "divide.glsl"
layout(local_size_x = 64) in;

#ifdef VEC
#include "vector.glsl"
layout(push_constant) uniform Push {
    Floats m;
#ifdef GRAD
    ReadPairs affine, u, batch, dbatch, base;
#endif
    Pairs y;
    int images, P, Q, K4, TY, TX, image;
#ifdef GRAD
    int count;
#endif
} push;
#define TRANSFORMED(at) thirty_two(push.m, at)
#define U(at) load4(push.u, at)
#define BASE_AT(at) load4(push.base, at)
#define PUT(at, value) store4(push.y, at, value)
#define AFFINE(i) load4(push.affine, i)
#define BATCH(i) load4(push.batch, i)
#define DBATCH(i) load4(push.dbatch, i)
#define COUNT push.count
#else
#include "wide.glsl"
#define TRANSFORMED(at) all4(m[at])
#define U(at) all4(u[at])
#define BASE_AT(at) all4(base[at])
#define PUT(at, value) y[at] = toWide4(value)
layout(std430, binding = 0) readonly buffer M { wide4 m[]; };
#ifdef GRAD
layout(std430, binding = 1) readonly buffer Norm { wide4 affine[]; };
layout(std430, binding = 2) readonly buffer U { wide4 u[]; };
layout(std430, binding = 3) readonly buffer Batch { wide4 batch[]; };
layout(std430, binding = 4) readonly buffer DBatch { wide4 dbatch[]; };
layout(std430, binding = 5) readonly buffer Base { wide4 base[]; };
layout(std430, binding = 6) writeonly buffer Y { wide4 y[]; };
#define AFFINE(i) all4(affine[i])
#define BATCH(i) all4(batch[i])
#define DBATCH(i) all4(dbatch[i])
#define COUNT push.count
layout(push_constant) uniform Push { int images, P, Q, K4, TY, TX, image, count; } push;
#else
layout(std430, binding = 1) writeonly buffer Y { wide4 y[]; };
layout(push_constant) uniform Push { int images, P, Q, K4, TY, TX, image; } push;
#endif
#endif
#ifdef MOMENTS
layout(std430, binding = 2) writeonly buffer Part { vec4 part[]; };
#endif
#include "fused.glsl"

void main() {
    int tiles = push.images * push.TY * push.TX, step = tiles * push.K4;
#ifdef VEC // i is of the first lane; what is left of the last workgroup does the last again
    int i = min(int(gl_WorkGroupID.x + 65535 * gl_WorkGroupID.y) * 64 + int(gl_SubgroupID) * 8, step - 8);
#else
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= step) return;
#endif
    int tile = quotient(i, push.K4), k = i - tile * push.K4;
    int line = quotient(tile, push.TX), q0 = (tile - line * push.TX) * 4, n = quotient(line, push.TY), p0 = (line - n * push.TY) * 4;
    n += push.image;

    vec4 o[4][4];
    [[unroll]] for (int r = 0; r < 4; r++) [[unroll]] for (int col = 0; col < 4; col++) o[r][col] = vec4(0);
#ifdef VEC
    [[unroll]] // in a loop, loads by address would go on after its end: see conv2d.comp
#else
    [[dont_unroll]]
#endif
    for (int row = 0; row < 6; row++) {
        vec4 d[6];
        [[unroll]] for (int col = 0; col < 6; col++) d[col] = TRANSFORMED((row * 6 + col) * step + i);
        vec4 t[4] = outputTransform(d);
        [[unroll]] for (int r = 0; r < 4; r++) {
            float f = A[row * 4 + r];
            [[unroll]] for (int col = 0; col < 4; col++) o[r][col] += f * t[col];
        }
    }
#ifdef GRAD
    Channels own = channels_of(k, push.K4);
#endif
    [[unroll]] for (int r = 0; r < 4; r++) {
        int p = p0 + r;
        [[unroll]] for (int col = 0; col < 4; col++) {
            int q = q0 + col;
            if (p < push.P && q < push.Q) {
                int at = ((n * push.P + p) * push.Q + q) * push.K4 + k;
#ifdef GRAD
                vec4 before = vec4(0);
                if (READS_U) before = U(at);
                if (BASE) o[r][col] += BASE_AT(at);
                o[r][col] = gradient(o[r][col], before, own);
#endif
                PUT(at, o[r][col]);
            }
        }
    }
#ifdef MOMENTS
    vec4 sum = vec4(0), square = vec4(0);
    [[unroll]] for (int r = 0; r < 4; r++) [[unroll]] for (int col = 0; col < 4; col++) {
        vec4 d = o[r][col] - o[0][0];
        sum += d;
        square += d * d;
    }
    LEAVE(push.image * push.TY * push.TX + tile, k, push.K4, 16.0, o[0][0], sum, square)
#endif
}
