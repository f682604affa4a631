#version 450
// conv2d_grad_weight sums dw[k,c,r,s] = sum over output pixels of dy[p,q,k] x[p*stride-pad+r, q*stride-pad+s, c] over one
// chunk of pixels. One workgroup owns TILE output x TILE input channels of one tap. The chunk is the slowest grid axis, so
// that all taps and channel tiles of a chunk find it in the cache; conv2d_grad_weight_sum.comp adds the chunks.
//
// x [N,H,W,C4*4], dy [N,P,Q,K4*4], part [chunks][R*S][K4*4][C4*4]. Grid: ceil(C/TILE), ceil(K/TILE)*R*S, chunks.
// Batched, R*S counts products of one tap each: x and dy move by stepX and stepDY vec4 from one to the next.
//
// Fragment sources as in conv2d.comp: SG has TILE 32, SM has TILE 64, CM has TILE_M = TILE_N of matrix.glsl, VEC has 32 output x 16 input
// channels, of which there are as many at least, and every pixel of dy is of one of x: 1x1 kernels of stride 1, batches. NORM: see fused.glsl.
// build: conv2d_grad_weight_sg -DSG
// build: conv2d_grad_weight_sg_norm -DSG -DNORM
// build: conv2d_grad_weight_sm -DSM
// build: conv2d_grad_weight_sm_norm -DSM -DNORM
// build: conv2d_grad_weight_vec -DVEC
// build-matrix: conv2d_grad_weight_cm -DCM
// build-matrix: conv2d_grad_weight_cm_norm -DCM -DNORM
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#ifdef VEC
#include "vector.glsl"
#endif

layout(push_constant) uniform Push {
#ifdef VEC
    Floats x, dy;
    Singles part;
#endif
    int N, H, W, C4, P, Q, K4, R, S, stride, padY, padX;
    int chunk; // output pixels in a chunk, a multiple of 8
    int batched, stepX, stepDY;
#ifdef NORM
    int row, from; // of x, in vec4: a pixel's distance to the next, and the first of its channels
#endif
} push;

#ifdef SG
#extension GL_KHR_shader_subgroup_ballot : require
#include "wide.glsl"
layout(local_size_x = 8) in;
layout(std430, binding = 0) readonly buffer X { wide4 x[]; };
layout(std430, binding = 1) readonly buffer DY { wide4 dy[]; };
const int WIDE = 8; // vec4 in TILE
#elif defined(VEC)
const int SUBGROUPS = 8;
layout(local_size_x = 8 * SUBGROUPS) in;
const int WIDE = 8; // vec4 of output channels
#elif defined(CM)
#define HALF
#include "half.glsl"
TENSOR(0, readonly, x)
TENSOR(1, readonly, dy)
#define A_BY_COLUMNS
#include "matrix.glsl"
const int WIDE = TILE_N / 4;
#else
layout(std430, binding = 0) readonly buffer X { vec4 x[]; };
layout(std430, binding = 1) readonly buffer DY { vec4 dy[]; };
layout(local_size_x = 256) in;
const int WIDE = 16;
#endif
#ifdef NORM
layout(std430, binding = 2) readonly buffer Norm { vec4 affine[]; };
layout(std430, binding = 3) writeonly buffer Part { vec4 part[]; };
#define AFFINE(i) affine[i]
#define X_ROW push.row
#define X_FROM push.from
#else
#ifndef VEC
layout(std430, binding = 2) writeonly buffer Part { vec4 part[]; };
#endif
#define X_ROW push.C4
#define X_FROM 0
#endif
#include "fused.glsl"
#ifdef NORM
#define SCALED(v) normalised(v, norm)
#else
#define SCALED(v) v
#endif

struct Tile {
    int tap, r, s; // s and r less the padding
    int k, c;      // first vec4 of output and input channels
    int begin, end, pixels;
};

Tile tileOf() {
    Tile t;
    int taps = push.R * push.S;
    t.tap = int(gl_WorkGroupID.y) % taps;
    t.r = push.batched != 0 ? 0 : t.tap / push.S - push.padY;
    t.s = push.batched != 0 ? 0 : t.tap % push.S - push.padX;
    t.k = int(gl_WorkGroupID.y) / taps * WIDE;
    t.c = int(gl_WorkGroupID.x) * WIDE;
    t.pixels = push.N * push.P * push.Q;
    t.begin = int(gl_WorkGroupID.z) * push.chunk;
    t.end = min(t.begin + push.chunk, t.pixels);
    return t;
}

// sourceOf is the index in x of the pixel under output (n, p, q), or -1 in the padding.
int sourceOf(Tile t, int n, int p, int q) {
    int yy = p * push.stride + t.r, xx = q * push.stride + t.s;
    bool inside = yy >= 0 && yy < push.H && xx >= 0 && xx < push.W;
    return inside ? t.tap * push.batched * push.stepX + ((n * push.H + yy) * push.W + xx) * X_ROW + X_FROM : -1;
}

int gradientOf(Tile t, int m) { return t.tap * push.batched * push.stepDY + m * push.K4; }

int targetOf(Tile t, int k) { return ((int(gl_WorkGroupID.z) * push.R * push.S + t.tap) * push.K4 * 4 + k) * push.C4; }

#ifdef SG
void main() {
    const int lane = int(gl_SubgroupInvocationID);
    Tile t = tileOf();
    int c = t.c + lane, cLoad = min(c, push.C4 - 1), kLoad = min(t.k + lane, push.K4 - 1);

    // Lanes 0 to 3 follow the next four pixels; a step of 4 pixels is (stepN, stepP, stepQ) in mixed radix.
    int m = t.begin + lane % 4;
    int n = m / (push.P * push.Q), p = m / push.Q % push.P, q = m % push.Q;
    int stepN = 4 / (push.P * push.Q), stepP = 4 / push.Q % push.P, stepQ = 4 % push.Q;

#ifdef NORM
    Affine norm = affine_of(cLoad, push.C4);
#endif
    vec4 acc[32];
    [[unroll]] for (int i = 0; i < 32; i++) acc[i] = vec4(0);

    for (; t.begin < t.end; t.begin += 4) {
        int source = m < t.end ? sourceOf(t, n, p, q) : -1;
        int gradient = gradientOf(t, min(m, t.pixels - 1));
        vec4 a[4], b[4];
        #define LOAD(i) { int from = subgroupBroadcast(source, i); \
            a[i] = all4(dy[subgroupBroadcast(gradient, i) + kLoad]); \
            b[i] = SCALED(all4(x[max(from, 0) + cLoad])); \
            b[i] = from >= 0 ? b[i] : vec4(0); }
        LOAD(0) LOAD(1) LOAD(2) LOAD(3)
        #define ROW(L, f, j) acc[L * 4 + j] += subgroupBroadcast(a[0].f, L) * b[0] + subgroupBroadcast(a[1].f, L) * b[1] \
                                             + subgroupBroadcast(a[2].f, L) * b[2] + subgroupBroadcast(a[3].f, L) * b[3];
        #define ROWS(L) ROW(L, x, 0) ROW(L, y, 1) ROW(L, z, 2) ROW(L, w, 3)
        ROWS(0) ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)

        m += 4;
        q += stepQ; if (q >= push.Q) { q -= push.Q; p++; }
        p += stepP; if (p >= push.P) { p -= push.P; n++; }
        n += stepN;
    }

    int target = targetOf(t, t.k * 4), rows = (push.K4 - t.k) * 4;
    if (c < push.C4) {
        [[unroll]] for (int i = 0; i < 32; i++) if (i < rows) part[target + i * push.C4 + c] = acc[i];
    }
}
#elif defined(VEC)
const int ROWS = 4; // output channels of a subgroup

void main() {
    Tile t = tileOf();
    int C = push.C4 * 4, K = push.K4 * 4, c = min(int(gl_WorkGroupID.x) * 16, C - 16), k = t.k * 4 + int(gl_SubgroupID) * ROWS;
    int from = t.tap * push.batched, end = k < K ? t.end : t.begin;
    uint64_t x = after(push.x, from * push.stepX * 4 + c), dy = after(push.dy, from * push.stepDY * 4 + k);
    float acc[ROWS][2];
    [[unroll]] for (int i = 0; i < ROWS; i++) acc[i][0] = acc[i][1] = 0;

    // Steps of so many pixels for as long as there are so many. Their condition stands twice, and each is summed by itself: see
    // conv2d.comp.
    #define STEPS(pixels) \
        for (;;) { \
            [[dont_flatten]] if (t.begin + pixels <= end) { \
                float part[ROWS][2]; \
                [[unroll]] for (int i = 0; i < ROWS; i++) part[i][0] = part[i][1] = 0; \
                [[unroll]] for (int j = 0; j < pixels; j++) { \
                    uint64_t xs = after(Floats(x), (t.begin + j) * C), dys = after(Floats(dy), (t.begin + j) * K); \
                    float b0 = eight(Floats(xs), 0), b1 = eight(Floats(xs), 8); \
                    [[unroll]] for (int i = 0; i < ROWS; i++) { \
                        float a = Floats(dys).v[i]; \
                        part[i][0] += a * b0; \
                        part[i][1] += a * b1; \
                    } \
                } \
                [[unroll]] for (int i = 0; i < ROWS; i++) { acc[i][0] += part[i][0]; acc[i][1] += part[i][1]; } \
                t.begin += pixels; \
            } \
            if (t.begin + pixels > end) break; \
        }
    STEPS(32)
    STEPS(4)
    STEPS(1)
    if (k < K) {
        [[unroll]] for (int i = 0; i < ROWS; i++) {
            int at = targetOf(t, k + i) * 4 + c + int(gl_SubgroupInvocationID);
            push.part.v[at] = acc[i][0];
            push.part.v[at + 8] = acc[i][1];
        }
    }
}
#elif defined(CM)
// The inner extent counts pixels, of which a step loads as many rows of dy and x.
const int LOADS = DEPTH * WIDE / INVOCATIONS;
Tile t;
f16vec4 dys[LOADS], xs[LOADS];

void fetch(int at) {
    [[unroll]] for (int j = 0; j < LOADS; j++) {
        int e = INVOCATION + j * INVOCATIONS, m = at + e / WIDE, k = t.k + e % WIDE, c = t.c + e % WIDE;
        bool live = m < t.end && k < push.K4;
        dys[j] = live ? GET_HALF(dy, gradientOf(t, m) + k) : f16vec4(0);
        int source = m < t.end ? sourceOf(t, m / (push.P * push.Q), m / push.Q % push.P, m % push.Q) : -1;
#ifdef NORM
        xs[j] = f16vec4(0);
        if (source >= 0 && c < push.C4) xs[j] = narrow(normalised(GET(x, source + c), affine_of(c, push.C4)));
#else
        xs[j] = source >= 0 && c < push.C4 ? GET_HALF(x, source + c) : f16vec4(0);
#endif
    }
}

void put(int stage) {
    [[unroll]] for (int j = 0; j < LOADS; j++) {
        int e = INVOCATION + j * INVOCATIONS;
        as[stage * AS + e / WIDE * A_ROW + e % WIDE] = dys[j];
        bs[stage * BS + e / WIDE * B_ROW + e % WIDE] = xs[j];
    }
}

void store(int row, int quad, vec4 v) {
    int k = t.k * 4 + row, c = t.c + quad;
    if (k < push.K4 * 4 && c < push.C4) part[targetOf(t, k) + c] = v;
}

void main() {
    t = tileOf();
    product(t.begin, t.end);
}
#else
shared vec4 as[8][16], bs[8][16]; // eight pixels of dy and x

void main() {
    const int id = int(gl_LocalInvocationIndex), my = id / 16, mx = id % 16;
    Tile t = tileOf();
    const int loadM = id / 16 % 8, loadV = id % 16;
    int loadC = t.c + loadV, loadK = t.k + loadV;

#ifdef NORM
    Affine norm = affine_of(min(loadC, push.C4 - 1), push.C4);
#endif
    vec4 acc[4];
    [[unroll]] for (int i = 0; i < 4; i++) acc[i] = vec4(0);

    for (; t.begin < t.end; t.begin += 8) {
        int m = t.begin + loadM;
        if (id < 128) {
            bool live = m < t.end && loadK < push.K4;
            as[loadM][loadV] = live ? dy[gradientOf(t, m) + loadK] : vec4(0);
        } else {
            int source = m < t.end ? sourceOf(t, m / (push.P * push.Q), m / push.Q % push.P, m % push.Q) : -1;
            bs[loadM][loadV] = vec4(0);
            if (source >= 0 && loadC < push.C4) bs[loadM][loadV] = SCALED(x[source + loadC]);
        }
        barrier();
        [[unroll]] for (int j = 0; j < 8; j++) {
            vec4 a = as[j][my], b = bs[j][mx];
            [[unroll]] for (int i = 0; i < 4; i++) acc[i] += a[i] * b;
        }
        barrier();
    }

    int k = t.k + my, c = t.c + mx;
    if (k < push.K4 && c < push.C4) {
        [[unroll]] for (int i = 0; i < 4; i++) part[targetOf(t, k * 4 + i) + c] = acc[i];
    }
}
#endif
