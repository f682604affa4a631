#version 450
// conv2d_winograd_output computes the 4x4 outputs y = At m A of every tile of m [36][tiles][K4*4] (see
// conv2d_winograd_input.comp) into y [.,P,Q,K4*4]. One invocation per tile and vec4 of channels. GRAD and MOMENTS (of
// whole tiles, each a slot): see fused.glsl.
// build: conv2d_winograd_output
// build: conv2d_winograd_output_moments -DMOMENTS
// build: conv2d_winograd_output_grad -DGRAD
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "winograd.glsl"
#include "divide.glsl"
#include "wide.glsl"
layout(local_size_x = 64) in;

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
#ifdef MOMENTS
layout(std430, binding = 2) writeonly buffer Part { vec4 part[]; };
#endif
#include "fused.glsl"

void main() {
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    int tiles = push.images * push.TY * push.TX, step = tiles * push.K4;
    if (i >= step) return;
    int tile = quotient(i, push.K4), k = i - tile * push.K4;
    int line = quotient(tile, push.TX), q0 = (tile - line * push.TX) * 4, n = quotient(line, push.TY), p0 = (line - n * push.TY) * 4;
    n += push.image;

    vec4 o[4][4];
    [[unroll]] for (int r = 0; r < 4; r++) [[unroll]] for (int col = 0; col < 4; col++) o[r][col] = vec4(0);
    [[dont_unroll]] for (int row = 0; row < 6; row++) {
        vec4 d[6];
        [[unroll]] for (int col = 0; col < 6; col++) d[col] = all4(m[(row * 6 + col) * step + i]);
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
                if (READS_U) before = all4(u[at]);
                if (BASE) o[r][col] += all4(base[at]);
                o[r][col] = gradient(o[r][col], before, own);
#endif
                y[at] = toWide4(o[r][col]);
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
