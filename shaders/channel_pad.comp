#version 450
// channel_pad copies rows of `from` channels into rows of `to` channels: it cuts, or fills with zero. One invocation per
// four output channels in a row; `to` need not be a multiple of four.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer X { float x[]; };
layout(std430, binding = 1) writeonly buffer Y { float y[]; };

layout(push_constant) uniform Push { int rows, from, to; } push;

void main() {
    int quads = (push.to + 3) / 4;
    int i = int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y);
    if (i >= push.rows * quads) return;
    int row = i / quads, c = (i - row * quads) * 4;
    for (int end = min(c + 4, push.to); c < end; c++) y[row * push.to + c] = c < push.from ? x[row * push.from + c] : 0;
}
