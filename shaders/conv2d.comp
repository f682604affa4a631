#version 450
// conv2d computes a convolution, its data gradient, or a batch of matrix products as one implicit matrix product:
// rows are output pixels, columns output channels, the sum runs over taps and input channels. See conv2d.glsl for layouts.
//
// Fragment sources:
//   SG  a subgroup of 8 lanes owns TILE_M pixels x 32 channels. A lane loads its own pixels and its own channels with wide
//       loads and the subgroup broadcasts them: no shared memory, few load instructions. Best on CPU drivers.
//   SM  256 invocations own TILE_M pixels x 64 channels, staged through shared memory. For GPUs.
//   VEC a subgroup of 8 lanes owns 4 pixels x 16 channels, whose sums stay in the registers of a CPU with 16 of them: a lane
//       has two channels, of which it loads the weights, and all have the pixels in common. QUADS divides C4. See vector.glsl.
//   CM  cooperative matrices, on operands rounded to fp16: see matrix.glsl. The weights are packed as fp16; x and y may be
//       fp16 too. For GPUs that have them.
//
// NORM, MOMENTS and GRAD: see fused.glsl.
// build: conv2d_sg -DSG -DTILE_M=32
// build: conv2d_sg_moments -DSG -DTILE_M=32 -DMOMENTS
// build: conv2d_sg_norm -DSG -DTILE_M=32 -DNORM
// build: conv2d_sg_norm_moments -DSG -DTILE_M=32 -DNORM -DMOMENTS
// build: conv2d_sg_grad -DSG -DTILE_M=32 -DGRAD
// build: conv2d_sg16 -DSG -DTILE_M=16
// build: conv2d_sg16_moments -DSG -DTILE_M=16 -DMOMENTS
// build: conv2d_sg16_norm -DSG -DTILE_M=16 -DNORM
// build: conv2d_sg16_norm_moments -DSG -DTILE_M=16 -DNORM -DMOMENTS
// build: conv2d_sg16_grad -DSG -DTILE_M=16 -DGRAD
// build: conv2d_sm -DSM -DTILE_M=128
// build: conv2d_sm_moments -DSM -DTILE_M=128 -DMOMENTS
// build: conv2d_sm_norm -DSM -DTILE_M=128 -DNORM
// build: conv2d_sm_norm_moments -DSM -DTILE_M=128 -DNORM -DMOMENTS
// build: conv2d_sm_grad -DSM -DTILE_M=128 -DGRAD
// build: conv2d_sm64 -DSM -DTILE_M=64
// build: conv2d_sm64_moments -DSM -DTILE_M=64 -DMOMENTS
// build: conv2d_sm64_norm -DSM -DTILE_M=64 -DNORM
// build: conv2d_sm64_norm_moments -DSM -DTILE_M=64 -DNORM -DMOMENTS
// build: conv2d_sm64_grad -DSM -DTILE_M=64 -DGRAD
// build: conv2d_vec -DVEC -DQUADS=8
// build: conv2d_vec16 -DVEC -DQUADS=4
// build: conv2d_vec28 -DVEC -DQUADS=7
// build: conv2d_vec4 -DVEC -DQUADS=1
// build-matrix: conv2d_cm -DCM
// build-matrix: conv2d_cm_moments -DCM -DMOMENTS
// build-matrix: conv2d_cm_norm -DCM -DNORM
// build-matrix: conv2d_cm_norm_moments -DCM -DNORM -DMOMENTS
// build-matrix: conv2d_cm_grad -DCM -DGRAD
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#ifdef SG
#extension GL_KHR_shader_subgroup_ballot : require
#include "wide.glsl"
layout(local_size_x = 8) in;
#define QUAD wide4
#define GET(t, i) all4(t[i])
#define PUT(t, i, v) t[i] = toWide4(v)
layout(std430, binding = 1) readonly buffer W { wide8 w[]; };
#elif defined(VEC)
#include "vector.glsl"
const int SUBGROUPS = 8; // of a workgroup
layout(local_size_x = 8 * SUBGROUPS) in;
#elif defined(CM)
#define HALF
#include "half.glsl"
layout(std430, binding = 1) readonly buffer W { f16vec4 w[]; };
#else
layout(local_size_x = 256) in;
#define QUAD vec4
#define GET(t, i) t[i]
#define PUT(t, i, v) t[i] = v
layout(std430, binding = 1) readonly buffer W { vec4 w[]; };
#endif
#if defined(SG) || defined(SM)
#define TENSOR(i, access, t) layout(std430, binding = i) access buffer t##_ { QUAD t[]; };
#endif

#ifndef VEC
TENSOR(0, readonly, x)
#endif
#ifdef GRAD
layout(std430, binding = 2) readonly buffer Norm { vec4 affine[]; };
TENSOR(3, readonly, u)
layout(std430, binding = 4) readonly buffer Batch { vec4 batch[]; };
layout(std430, binding = 5) readonly buffer DBatch { vec4 dbatch[]; };
TENSOR(6, readonly, base)
TENSOR(7, , y)
#elif defined(NORM)
layout(std430, binding = 2) readonly buffer Norm { vec4 affine[]; };
TENSOR(3, writeonly, y)
#define RESULT 3
#elif !defined(VEC)
TENSOR(2, writeonly, y)
#define RESULT 2
#endif
#ifdef MOMENTS
layout(std430, binding = RESULT + 1) writeonly buffer Part { vec4 part[]; }; // [slots, 2, K4]
#endif
#define AFFINE(i) affine[i]
#define BATCH(i) batch[i]
#define DBATCH(i) dbatch[i]
#define COUNT push.count

#include "conv2d.glsl"
#include "fused.glsl"

#ifdef GRAD
// The four channels `channel` of y at `at`.
#define TAKE(at, v, channels) { \
        vec4 before = vec4(0); \
        if (READS_U) before = GET(u, at); \
        vec4 du = v; \
        if (BASE) du += GET(base, at); \
        du = gradient(du, before, channels); \
        if (ADD) du += GET(y, at); \
        PUT(y, at, du); \
    }
#else
#define TAKE(at, v, channels) { PUT(y, at, v); }
#endif

#ifdef SG
const int G = TILE_M / 8; // pixels a lane loads

void main() {
    const int lane = int(gl_SubgroupInvocationID);
    Tile t = tileOf(8, int(gl_WorkGroupID.z));
    Pixel own[G];
    [[unroll]] for (int j = 0; j < G; j++) own[j] = pixelOf(t, t.row * TILE_M + j * 8 + lane);

    vec4 acc[TILE_M];
    [[unroll]] for (int i = 0; i < TILE_M; i++) acc[i] = vec4(0);

    for (int r = 0; r < t.y.count; r++) for (int s = 0; s < t.x.count; s++) {
        int at[G];
        [[unroll]] for (int j = 0; j < G; j++) at[j] = sourceOf(t, own[j], r, s);
        int weight = (weightOf(t, t.column, r, s) * 8 + lane) * 2;
        for (int c = 0; c < SHAPE(C4); c++) {
            wide8 low = w[weight], high = w[weight + 1];
            vec4 b0 = first4(low), b1 = last4(low), b2 = first4(high), b3 = last4(high);
            weight += 16;
#ifdef NORM
            Affine norm = affine_of(c, SHAPE(C4));
#endif
            [[unroll]] for (int j = 0; j < G; j++) {
                vec4 a = GET(x, max(at[j], 0) + c);
#ifdef NORM
                a = normalised(a, norm);
#endif
                a = at[j] >= 0 ? a : vec4(0);
                #define ROW(L) acc[j * 8 + L] += subgroupBroadcast(a.x, L) * b0 + subgroupBroadcast(a.y, L) * b1 \
                                               + subgroupBroadcast(a.z, L) * b2 + subgroupBroadcast(a.w, L) * b3;
                ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
                #undef ROW
            }
        }
    }

    int channel = t.column * 8 + lane; // in vec4
    bool live = channel < SHAPE(K4);
#ifdef GRAD
    Channels own4 = channels_of(min(channel, SHAPE(K4) - 1), SHAPE(K4));
#endif
    [[unroll]] for (int j = 0; j < G; j++) {
        #define STORE(L) { int at = subgroupBroadcast(own[j].target, L); if (live && at >= 0) TAKE(at + channel, acc[j * 8 + L], own4) }
        STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7)
        #undef STORE
    }
#ifdef MOMENTS
    int count = SHAPE(N) * SHAPE(P) * SHAPE(Q) - t.row * TILE_M; // pixels from the tile's first on
    vec4 sum = vec4(0), square = vec4(0);
    [[unroll]] for (int i = 1; i < TILE_M; i++) {
        vec4 d = i < count ? acc[i] - acc[0] : vec4(0);
        sum += d;
        square += d * d;
    }
    if (live) LEAVE(t.row, channel, SHAPE(K4), float(min(count, TILE_M)), acc[0], sum, square)
#endif
}
#elif defined(VEC)
const int TILE_M = 4;
layout(constant_id = 10) const bool POINTWISE = false; // every pixel of y is of one of x: 1x1 kernels of stride 1, products

void main() {
    Tile t = tileOf(4, int(gl_WorkGroupID.z));
    int first = (t.row * SUBGROUPS + int(gl_SubgroupID)) * TILE_M, pixels = SHAPE(N) * SHAPE(P) * SHAPE(Q);
    if (first >= pixels) return;
    Pixel own[TILE_M];
    int source[TILE_M];
    [[unroll]] for (int i = 0; i < TILE_M; i++) {
        if (POINTWISE) {
            int m = min(first + i, pixels - 1);
            source[i] = t.batch * push.stepX + m * SHAPE(C4);
            own[i].target = first + i < pixels ? t.batch * push.stepY + m * SHAPE(K4) : -1;
        } else {
            own[i] = pixelOf(t, first + i);
        }
    }

    float acc[TILE_M][2];
    [[unroll]] for (int i = 0; i < TILE_M; i++) acc[i][0] = acc[i][1] = 0;

    // A step is the next channels under a tap: those of the pixels, and the sixteen weights of each. The condition stands twice: with a break
    // at its top only, a CPU driver runs the loop once more with all lanes masked, and loads that they have in common are not masked.
    int chunks = quotient(SHAPE(C4), QUADS), steps = POINTWISE ? chunks : t.y.count * t.x.count * chunks;
    int weights = weightOf(t, t.column, 0, 0);
    for (int step = 0;;) {
        [[dont_flatten]] if (step < steps) {
            int c = step * QUADS;
            uint64_t pixel[TILE_M], weight = after(push.w, 64 * (weights + c));
            if (!POINTWISE) {
                int tap = quotient(step, chunks), r = quotient(tap, t.x.count), s = tap - r * t.x.count;
                c = (step - tap * chunks) * QUADS;
                weight = after(push.w, 64 * (weightOf(t, t.column, r, s) + c));
                [[unroll]] for (int i = 0; i < TILE_M; i++) source[i] = sourceOf(t, own[i], r, s);
            }
            [[unroll]] for (int i = 0; i < TILE_M; i++)
                pixel[i] = source[i] < 0 ? after(push.w, push.zeros) : after(push.x, 4 * (source[i] + c));
            float part[TILE_M][2]; // summed by steps, a long sum rounds less
            [[unroll]] for (int i = 0; i < TILE_M; i++) part[i][0] = part[i][1] = 0;
            [[unroll]] for (int j = 0; j < 4 * QUADS; j++) {
                float b0 = eight(Floats(weight), 16 * j), b1 = eight(Floats(weight), 16 * j + 8);
                [[unroll]] for (int i = 0; i < TILE_M; i++) {
                    float a = Floats(pixel[i]).v[j];
                    part[i][0] += a * b0;
                    part[i][1] += a * b1;
                }
            }
            [[unroll]] for (int i = 0; i < TILE_M; i++) { acc[i][0] += part[i][0]; acc[i][1] += part[i][1]; }
            step++;
        }
        if (step >= steps) break;
    }

    bool live = t.column * 16 + 2 * int(gl_SubgroupInvocationID) < SHAPE(K4) * 4;
    [[unroll]] for (int i = 0; i < TILE_M; i++)
        if (live && own[i].target >= 0) storePairs(push.y, 2 * own[i].target + 8 * t.column, acc[i][0], acc[i][1]);
}
#elif defined(CM)
#include "matrix.glsl"
// The inner extent counts channels, four to a vec4, of one tap after the other. A step's invocations load the same four
// channels of several pixels, and weights as they lie in the pack.
const int QUADS = DEPTH / 4, X_LOADS = TILE_M * QUADS / INVOCATIONS, W_LOADS = TILE_N * QUADS / INVOCATIONS;

Tile t;
Pixel own[X_LOADS];
f16vec4 xs[X_LOADS];
f16vec4 ws[W_LOADS];
int end, slice; // of the inner extent; of the split
shared int targets[TILE_M];

// Inner is a place of the inner extent: four channels under a tap.
struct Inner { int r, s, c; };

Inner innerOf(int at) {
    int quad = at / 4, tap = quotient(quad, SHAPE(C4)), r = quotient(tap, t.x.count);
    return Inner(r, tap - r * t.x.count, quad - tap * SHAPE(C4));
}

void fetch(int at) {
    int mine = at + INVOCATION % QUADS * 4;
    Inner i = innerOf(mine);
#ifdef NORM
    int quad = mine < end ? i.c : 0;
    Affine norm = affine_of(quad, SHAPE(C4));
#endif
    [[unroll]] for (int j = 0; j < X_LOADS; j++) {
        int source = mine < end ? sourceOf(t, own[j], i.r, i.s) : -1;
#ifdef NORM
        f16vec4 v = narrow(normalised(GET(x, max(source, 0) + (source < 0 ? 0 : i.c)), norm));
#else
        f16vec4 v = GET_HALF(x, max(source, 0) + (source < 0 ? 0 : i.c));
#endif
        xs[j] = source < 0 ? f16vec4(0) : v;
    }
    const int columns = (SHAPE(K4) + 7) / 8;
    [[unroll]] for (int j = 0; j < W_LOADS; j++) {
        int e = INVOCATION + j * INVOCATIONS, column = t.column * (TILE_N / 32) + e / (32 * QUADS);
        mine = at + e / 32 % QUADS * 4;
        i = innerOf(mine);
        bool live = mine < end && column < columns;
        ws[j] = live ? w[(weightOf(t, column, i.r, i.s) + i.c) * 32 + e % 32] : f16vec4(0);
    }
}

void put(int stage) {
    [[unroll]] for (int j = 0; j < X_LOADS; j++) as[stage * AS + (INVOCATION + j * INVOCATIONS) / QUADS * A_ROW + INVOCATION % QUADS] = xs[j];
    [[unroll]] for (int j = 0; j < W_LOADS; j++) {
        int e = INVOCATION + j * INVOCATIONS;
        bs[stage * BS + (e / 32 % QUADS * 4 + e % 4) * B_ROW + e / (32 * QUADS) * 8 + e / 4 % 8] = ws[j];
    }
}

void store(int row, int quad, vec4 v) {
    int target = targets[row], channel = t.column * (TILE_N / 4) + quad;
    if (target >= 0 && channel < SHAPE(K4)) TAKE(slice + target + channel, v, channels_of(channel, SHAPE(K4)))
}

#ifdef MOMENTS
bool exists(int row) { return targets[row] >= 0; }

void leave(int row, int quad, vec4 first, vec4 sum, vec4 square) {
    int from = t.row * TILE_M + row, count = SHAPE(N) * SHAPE(P) * SHAPE(Q) - from, channel = t.column * (TILE_N / 4) + quad;
    if (count > 0 && channel < SHAPE(K4)) LEAVE(from / PART_M, channel, SHAPE(K4), float(min(count, PART_M)), first, sum, square)
}
#endif

void main() {
    int batch = quotient(int(gl_WorkGroupID.z), push.splits), split = int(gl_WorkGroupID.z) - batch * push.splits;
    t = tileOf(TILE_N / 4, batch);
    [[unroll]] for (int j = 0; j < X_LOADS; j++) own[j] = pixelOf(t, t.row * TILE_M + (INVOCATION + j * INVOCATIONS) / QUADS);
    for (int m = INVOCATION; m < TILE_M; m += INVOCATIONS) targets[m] = pixelOf(t, t.row * TILE_M + m).target;
    barrier();

    int inner = t.y.count * t.x.count * SHAPE(C4) * 4;
    int each = (quotient(inner + push.splits - 1, push.splits) + DEPTH - 1) / DEPTH * DEPTH;
    slice = split * SHAPE(N) * SHAPE(P) * SHAPE(Q) * SHAPE(K4);
    end = min((split + 1) * each, inner);
    product(split * each, end);
}
#else
const int RM = TILE_M / 16; // pixels of one invocation; its channels are one vec4
shared float as[8][TILE_M]; // eight input channels at a time
shared vec4 bs[8][16];
#ifdef MOMENTS
shared vec4 moments[32][16];
#endif

void main() {
    const int id = int(gl_LocalInvocationIndex), my = id / 16 * RM, mx = id % 16;
    Tile t = tileOf(16, int(gl_WorkGroupID.z));
    int columns = (SHAPE(K4) + 7) / 8;

    // To load: pixel id/2, channels 4*(id%2) of eight; weights k = id%8 of output channels 4*(id/8).
    const int loadM = id / 2 % TILE_M, loadK = id % 8, loadN = id / 8 % 16;
    Pixel own = pixelOf(t, t.row * TILE_M + loadM);
    int column = t.column * 2 + loadN / 8;

    vec4 acc[RM];
    [[unroll]] for (int i = 0; i < RM; i++) acc[i] = vec4(0);

    for (int r = 0; r < t.y.count; r++) for (int s = 0; s < t.x.count; s++) {
        int at = sourceOf(t, own, r, s);
        int weight = (weightOf(t, min(column, columns - 1), r, s) * 8 + loadN % 8) * 4 + loadK % 4;
        for (int c = 0; c < SHAPE(C4); c += 2) {
            if (id < 2 * TILE_M) {
                bool live = at >= 0 && c + id % 2 < SHAPE(C4);
                vec4 a = live ? GET(x, at + c + id % 2) : vec4(0);
#ifdef NORM
                if (live) a = normalised(a, affine_of(c + id % 2, SHAPE(C4)));
#endif
                [[unroll]] for (int k = 0; k < 4; k++) as[id % 2 * 4 + k][loadM] = a[k];
            }
            if (id < 128) {
                bool live = column < columns && c + loadK / 4 < SHAPE(C4);
                bs[loadK][loadN] = live ? w[weight + (c + loadK / 4) * 32] : vec4(0);
            }
            barrier();
            [[unroll]] for (int k = 0; k < 8; k++) {
                vec4 b = bs[k][mx];
                [[unroll]] for (int i = 0; i < RM; i++) acc[i] += as[k][my + i] * b;
            }
            barrier();
        }
    }

    int channel = t.column * 16 + mx;
    if (channel < SHAPE(K4)) {
#ifdef GRAD
        Channels own4 = channels_of(channel, SHAPE(K4));
#endif
        [[unroll]] for (int i = 0; i < RM; i++) {
            int target = pixelOf(t, t.row * TILE_M + my + i).target;
            if (target >= 0) TAKE(target + channel, acc[i], own4)
        }
    }
#ifdef MOMENTS
    // Of the tile's pixels, around its first.
    if (my == 0) moments[0][mx] = acc[0];
    barrier();
    vec4 first = moments[0][mx], sum = vec4(0), square = vec4(0);
    int count = SHAPE(N) * SHAPE(P) * SHAPE(Q) - t.row * TILE_M; // pixels from the tile's first on
    [[unroll]] for (int i = 0; i < RM; i++) {
        vec4 d = my + i < count ? acc[i] - first : vec4(0);
        sum += d;
        square += d * d;
    }
    barrier();
    moments[id / 16][mx] = sum;
    moments[16 + id / 16][mx] = square;
    barrier();
    if (my == 0 && channel < SHAPE(K4)) {
        [[unroll]] for (int i = 1; i < 16; i++) {
            sum += moments[i][mx];
            square += moments[16 + i][mx];
        }
        LEAVE(t.row, channel, SHAPE(K4), float(min(count, TILE_M)), first, sum, square)
    }
#endif
}
#endif
