#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
#include "augment.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Boxes { float boxes[]; }; // [N, 8]: top, left, height, width, flip, rollY, rollX, 0
layout(binding = 2) writeonly buffer Y { vec4 y[]; };

// An invocation makes up to four channels of one output pixel.
void main() {
    uint id = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint quad = id % quads, pixel = id / quads;
    uint px = pixel % outW, py = pixel / outW % outH, n = pixel / (outW * outH);
    if (n >= N) return;
    uint b = 8u * n;
    Axis ay = axis(boxes[b], boxes[b + 2u], H, outH), ax = axis(boxes[b + 1u], boxes[b + 3u], W, outW);
    float sy = source(ay, unplaced(py, false, int(boxes[b + 5u]), outH));
    float sx = source(ax, unplaced(px, boxes[b + 4u] != 0.0, int(boxes[b + 6u]), outW));
    uint y0 = min(uint(sy), H - 1u), y1 = min(y0 + 1u, H - 1u), x0 = min(uint(sx), W - 1u), x1 = min(x0 + 1u, W - 1u);
    float wy = sy - float(y0), wx = sx - float(x0);
    uint at00 = ((n * H + y0) * W + x0) * C, at01 = ((n * H + y0) * W + x1) * C;
    uint at10 = ((n * H + y1) * W + x0) * C, at11 = ((n * H + y1) * W + x1) * C, to = pixel * C;
    uint end = min(4u * quad + 4u, C);
    for (uint c = 4u * quad; c < end; c++) {
        float top = mix(WORD(x, at00 + c), WORD(x, at01 + c), wx), bottom = mix(WORD(x, at10 + c), WORD(x, at11 + c), wx);
        WORD(y, to + c) = mix(top, bottom, wy);
    }
}
