// The boxes of packed 8-bit images (see decode_rgb.comp), enlarged to the whole
// image as Pillow does: along rows, then along columns, in fixed point with 22
// bits, each time rounded to a byte. Then the flip, the roll and the
// normalisation, byte * scale[c] + shift[c].
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
#define PUSH uint words; float scale[3], shift[3]; // words an image
#include "augment.glsl"
layout(binding = 0) readonly buffer X { uint x[]; };
layout(binding = 1) readonly buffer Boxes { float boxes[]; }; // [N, 8]
layout(binding = 2) writeonly buffer Y { float y[]; };

const uint ONE = 1u << 22;

// The pixels of an axis that output o takes, and the second's weight.
struct Taps { uint first, second, weight; };

Taps taps(uint o, float boxStart, float boxSize, uint extent) {
    uint start = min(uint(boxStart + 0.5), extent - 1u), size = clamp(uint(boxSize + 0.5), 1u, extent - start);
    // The source is at p / d pixels: (o + 1/2) size / extent - 1/2.
    uint d = 2u * extent, centre = (2u * o + 1u) * size, p = max(centre, extent) - extent;
    uint i = p / d, rest = p - i * d, high = (rest << 11) / d;
    // rest * 2^22 / d to the nearest, which never lies between two, in two steps of 11 bits
    uint weight = (high << 11) + (((rest << 11) - high * d << 11) + d / 2u) / d;
    return Taps(start + min(i, size - 1u), start + min(i + 1u, size - 1u), weight);
}

uint blend(uint a, uint b, uint weight) { return (a * (ONE - weight) + b * weight + ONE / 2u) >> 22; }

uint byteAt(uint image, uint e) { return x[image + e / 4u] >> (8u * (e % 4u)) & 255u; }

void main() {
    uint pixel = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint px = pixel % outW, py = pixel / outW % outH, n = pixel / (outW * outH);
    if (n >= N) return;
    uint b = 8u * n, image = n * words;
    Taps v = taps(unplaced(py, false, int(boxes[b + 5u]), outH), boxes[b], boxes[b + 2u], H);
    Taps u = taps(unplaced(px, boxes[b + 4u] != 0.0, int(boxes[b + 6u]), outW), boxes[b + 1u], boxes[b + 3u], W);
    for (uint c = 0u; c < 3u; c++) {
        uint upper = (v.first * W) * 3u + c, lower = (v.second * W) * 3u + c;
        uint top = blend(byteAt(image, upper + 3u * u.first), byteAt(image, upper + 3u * u.second), u.weight);
        uint bottom = blend(byteAt(image, lower + 3u * u.first), byteAt(image, lower + 3u * u.second), u.weight);
        y[3u * pixel + c] = float(blend(top, bottom, v.weight)) * scale[c] + shift[c];
    }
}
