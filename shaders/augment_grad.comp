// The adjoint of augment.comp: every input pixel gathers from the output pixels
// that sampled it.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
#include "augment.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer Boxes { float boxes[]; }; // [N, 8]
layout(binding = 2) writeonly buffer DX { vec4 dx[]; };

void main() {
    uint id = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint quad = id % quads, pixel = id / quads;
    uint ix = pixel % W, iy = pixel / W % H, n = pixel / (W * H);
    if (n >= N) return;
    uint b = 8u * n;
    Axis ay = axis(boxes[b], boxes[b + 2u], H, outH), ax = axis(boxes[b + 1u], boxes[b + 3u], W, outW);
    bool flip = boxes[b + 4u] != 0.0;
    int rollY = int(boxes[b + 5u]), rollX = int(boxes[b + 6u]);
    uvec2 oy = takers(ay, iy, outH), ox = takers(ax, ix, outW);
    uint first = 4u * quad, count = min(4u, C - first);
    vec4 sum = vec4(0);
    for (uint o = oy.x; o < oy.y; o++) {
        float wy = weight(ay, o, iy);
        if (wy == 0.0) continue;
        uint line = (n * outH + placed(o, false, rollY, outH)) * outW;
        for (uint p = ox.x; p < ox.y; p++) {
            float w = wy * weight(ax, p, ix);
            if (w == 0.0) continue;
            uint from = (line + placed(p, flip, rollX, outW)) * C + first;
            for (uint k = 0u; k < count; k++) sum[k] += w * WORD(dy, from + k);
        }
    }
    uint to = pixel * C + first;
    for (uint k = 0u; k < count; k++) WORD(dx, to + k) = sum[k];
}
