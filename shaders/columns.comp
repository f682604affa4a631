// Adds the slots' partial sums, [slots, planes, quads] of vec4, into
// [planes, C]. A workgroup takes X quads; Y lanes share a quad's slots.
#version 450
// build: columns
// build: columns_half -DHALF
#extension GL_GOOGLE_include_directive : require
#include "half.glsl"
layout(local_size_x_id = 0, local_size_y_id = 1) in;
layout(constant_id = 0) const uint X = 4;
layout(constant_id = 1) const uint Y = 16;
layout(push_constant) uniform P { uint C, quads, planes, slots; };
layout(binding = 0) readonly buffer Part { vec4 part[]; };
FLOATS(1, writeonly, y)

shared vec4 sums[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex, column = gl_WorkGroupID.x * X + gl_LocalInvocationID.x;
    uint width = quads * planes;
    vec4 sum = vec4(0);
    if (column < width)
        for (uint s = gl_LocalInvocationID.y; s < slots; s += Y) sum += part[s * width + column];
    for (uint step = X * Y / 2u; step >= X; step >>= 1) {
        sums[lane] = sum;
        barrier();
        if (lane < step) sum += sums[lane + step];
        barrier();
    }
    if (lane >= X || column >= width) return;
    uint plane = column / quads, c = 4u * (column % quads);
    for (uint k = 0u; k < 4u && c + k < C; k++) {
        PUT(y, plane * C + c + k, sum[k]);
    }
}
