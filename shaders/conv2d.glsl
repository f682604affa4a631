// Index arithmetic shared by every fragment source of conv2d.comp: which pixels and channels a workgroup owns, which taps
// it walks, and where its results go.
//
// x [N,H,W,C4*4] and y [N,P,Q,K4*4] are NHWC float32, or some channels of such a tensor (see push.row). Weights are packed by conv2d_pack.comp as
// [ceil(K/32)][R*S][C4][8 lanes][4 input channels][4 output channels]; for VEC as [2 ceil(K/32)][R*S][C4*4][2][8 lanes], where lane l has
// channels 2l and 2l+1.
// The grid: x pixel tiles (65535 at most, then folded into y), y output channel tiles, z parity classes or products. With
// push.block, x and y together count the tiles of one block of pixel tiles after the other.
//
//   forward    y[p,q] = sum x[p*stride - pad + r, q*stride - pad + s] . w[r,s]
//   transposed y[p,q] = sum x[(p + pad - r)/stride, (q + pad - s)/stride] . w[r,s], over the taps that divide.
//              The stride*stride parity classes of (p,q) lie on the grid's z axis, so that no zero is ever multiplied.
//   batched    z picks one of several products of equal shape: every buffer moves by its own step (Winograd).
//   split      the sum over taps and channels is cut into push.splits ranges, which z tells apart last: as many y, one behind
//              the other, that are to be added up (matrices only).

#include "divide.glsl"

// A shape comes from a specialisation constant where one was given, else from the push constants.
#define SHAPE(id, name) layout(constant_id = id) const int spec_##name = 0;
SHAPE(0, N) SHAPE(1, H) SHAPE(2, W) SHAPE(3, C4) SHAPE(4, P) SHAPE(5, Q) SHAPE(6, K4) SHAPE(7, R) SHAPE(8, S) SHAPE(9, stride)
#undef SHAPE
layout(push_constant) uniform Push {
#ifdef VEC
    Floats x, w;
    Pairs y;
    int zeros; // where w holds 4*C4 zeros, for padding
#endif
    int N, H, W, C4, P, Q, K4, R, S, stride;
    int padY, padX;   // may be negative
    int transposed;   // 0 or 1
    int stepX, stepY; // batched: distance between two products in x and y, in vec4
    int block;        // pixel tiles that go through all channel tiles before the next do, so that a cache holds them; 0: all
#ifdef CM
    int splits;
#endif
#if defined(NORM) || defined(GRAD)
    int row, from;    // of x (NORM) or y (GRAD), in vec4: a pixel's distance to the next, and the first of its channels
#endif
#ifdef GRAD
    int count;        // pixels of the whole batch
#endif
} push;
#define SHAPE(name) (spec_##name != 0 ? spec_##name : push.name)

#ifdef NORM
#define X_ROW push.row
#define X_FROM push.from
#else
#define X_ROW SHAPE(C4)
#define X_FROM 0
#endif
#ifdef GRAD
#define Y_ROW push.row
#define Y_FROM push.from
#else
#define Y_ROW SHAPE(K4)
#define Y_FROM 0
#endif

struct Taps {
    int first, step, count; // tap indices first, first+step, ... along one axis
    int origin;             // input coordinate of tap number 0 at output coordinate 0
};

// tapsOf one axis for a parity class (0 when not transposed).
Taps tapsOf(int size, int pad, int phase) {
    int st = SHAPE(stride);
    if (push.transposed == 0) return Taps(0, 1, size, -pad);
    int origin = quotient(phase + pad, st), first = phase + pad - origin * st;
    return Taps(first, st, quotient(size - first + st - 1, st), origin);
}

// Tile is what one workgroup computes.
struct Tile {
    int row, column; // pixel tile and channel tile
    int batch;       // product, 0 unless batched
    ivec2 phase;     // parity class, (0,0) unless transposed
    Taps y, x;
};

// tileOf the workgroup at z, whose channel tile is `wide` vec4.
Tile tileOf(int wide, int z) {
    int columns = (SHAPE(K4) + wide - 1) / wide, fold = quotient(int(gl_WorkGroupID.y), columns);
    int st = SHAPE(stride), phase = quotient(z, st);
    Tile t;
    t.row = int(gl_WorkGroupID.x) + 65535 * fold;
    t.column = int(gl_WorkGroupID.y) - fold * columns;
    if (push.block != 0) {
        int tiles = int(gl_NumWorkGroups.x), at = int(gl_WorkGroupID.x) + tiles * int(gl_WorkGroupID.y);
        int first = quotient(at, push.block * columns) * push.block, rows = min(push.block, tiles - first);
        at -= first * columns;
        t.column = quotient(at, rows);
        t.row = first + at - t.column * rows;
    }
    t.batch = push.transposed == 0 ? z : 0;
    t.phase = push.transposed == 0 ? ivec2(0) : ivec2(phase, z - phase * st);
    t.y = tapsOf(SHAPE(R), push.padY, t.phase.x);
    t.x = tapsOf(SHAPE(S), push.padX, t.phase.y);
    return t;
}

struct Pixel {
    int row;    // n*H, the image's first input row
    int y, x;   // input coordinate of tap number 0; y is far outside where the pixel does not exist
    int target; // index of the pixel's first vec4 in y, or -1
};

// pixelOf places pixel m of the grid: m = (n*P' + p')*Q' + q', where P' x Q' counts the outputs of one parity class.
Pixel pixelOf(Tile t, int m) {
    int st = SHAPE(stride);
    int up = push.transposed == 0 ? 1 : st, down = push.transposed == 0 ? st : 1;
    int rows = quotient(SHAPE(P) + up - 1, up), cols = quotient(SHAPE(Q) + up - 1, up);
    int n = quotient(m, rows * cols), rest = m - n * rows * cols;
    int p = quotient(rest, cols), q = rest - p * cols;
    int py = p * up + t.phase.x, qx = q * up + t.phase.y;
    bool ok = n < SHAPE(N) && py < SHAPE(P) && qx < SHAPE(Q);
    return Pixel(n * SHAPE(H), ok ? p * down + t.y.origin : -0x100000, q * down + t.x.origin,
                 ok ? t.batch * push.stepY + ((n * SHAPE(P) + py) * SHAPE(Q) + qx) * Y_ROW + Y_FROM : -1);
}

// sourceOf is the index of the pixel's first four input channels under tap (r, s), or -1 in the padding.
int sourceOf(Tile t, Pixel o, int r, int s) {
    int yy = o.y + (push.transposed == 0 ? r : -r), xx = o.x + (push.transposed == 0 ? s : -s);
    bool inside = yy >= 0 && yy < SHAPE(H) && xx >= 0 && xx < SHAPE(W);
    return inside ? t.batch * push.stepX + ((o.row + yy) * SHAPE(W) + xx) * X_ROW + X_FROM : -1;
}

// weightOf counts the groups of four input channels before tap (r, s) of packed channel tile `column`.
int weightOf(Tile t, int column, int r, int s) {
#ifdef VEC
    int columns = (SHAPE(K4) + 7) / 8 * 2;
#else
    int columns = (SHAPE(K4) + 7) / 8;
#endif
    int tap = (t.y.first + r * t.y.step) * SHAPE(S) + t.x.first + s * t.x.step;
    return ((t.batch * columns + column) * SHAPE(R) * SHAPE(S) + tap) * SHAPE(C4);
}
