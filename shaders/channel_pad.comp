#version 450
// channel_pad copies rows of `from` channels into rows of `to` channels: it cuts, or fills with zero. One invocation per
// four output channels in a row; `to` need not be a multiple of four.
// build: channel_pad
// build: channel_pad_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
layout(local_size_x = 64) in;

FLOATS(0, readonly, x)
FLOATS(1, writeonly, y)

layout(push_constant) uniform Push { int rows, from, to; } push;

void main() {
    int quads = (push.to + 3) / 4;
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= push.rows * quads) return;
    int row = i / quads, c = (i - row * quads) * 4;
    for (int end = min(c + 4, push.to); c < end; c++) {
        PUT(y, row * push.to + c, c < push.from ? GET(x, row * push.from + c) : 0);
    }
}
