// Random resized crop, flip and roll of [N,H,W,C] to [N,outH,outW,C].
//
// Before the roll and the flip, output pixel o of an axis samples its input at
//   p(o) = clamp(start + (o + 1/2) size / out - 1/2, start, start + size - 1)
// with the two pixels around p(o) weighted linearly: half-pixel centres, edges
// clamped inside the box. Pixel i has weight max(0, 1 - |p(o) - i|), and both
// directions use just that, so one is the exact adjoint of the other.
// The includer may define PUSH, further members of the push constants.
#ifndef PUSH
#define PUSH
#endif
layout(push_constant) uniform P { uint N, H, W, C, outH, outW, quads; PUSH };

struct Axis { float start, ratio, last; };

Axis axis(float start, float size, uint extent, uint outs) {
    start = clamp(start, 0.0, float(extent - 1u));
    return Axis(start, size / float(outs), clamp(start + size - 1.0, start, float(extent - 1u)));
}

float source(Axis a, uint o) { return clamp(a.start + (float(o) + 0.5) * a.ratio - 0.5, a.start, a.last); }

// The outputs [lo, hi) that may take from input pixel i; their weights decide.
uvec2 takers(Axis a, uint i, uint outs) {
    float x = float(i), from = (x - 1.0 - a.start + 0.5) / a.ratio - 0.5, to = (x + 1.0 - a.start + 0.5) / a.ratio - 0.5;
    if (x + 1.0 <= a.start || x - 1.0 >= a.last) return uvec2(0u);
    uint lo = x - 1.0 <= a.start ? 0u : uint(clamp(floor(from), 0.0, float(outs)));
    uint hi = x + 1.0 >= a.last ? outs : uint(clamp(ceil(to) + 1.0, 0.0, float(outs)));
    return uvec2(lo, hi);
}

float weight(Axis a, uint o, uint i) { return max(0.0, 1.0 - abs(source(a, o) - float(i))); }

// Where the flip and the roll put pixel o of an axis, and back.
uint placed(uint o, bool flip, int roll, uint outs) {
    int p = int(flip ? outs - 1u - o : o) + roll, n = int(outs);
    return uint(((p % n) + n) % n);
}
uint unplaced(uint p, bool flip, int roll, uint outs) {
    int n = int(outs);
    uint o = uint((((int(p) - roll) % n) + n) % n);
    return flip ? outs - 1u - o : o;
}

#define WORD(t, e) t[(e) >> 2][(e) & 3u]
