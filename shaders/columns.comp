// Adds the slots' partial sums, [slots, planes, quads] of vec4, into
// [planes, C]. A workgroup takes 4 quads; 16 lanes share a quad's slots.
#version 450
layout(local_size_x = 4, local_size_y = 16) in;
layout(push_constant) uniform P { uint C, quads, planes, slots; };
layout(binding = 0) readonly buffer Part { vec4 part[]; };
layout(binding = 1) writeonly buffer Y { float y[]; };

shared vec4 sums[64];

void main() {
    uint lane = gl_LocalInvocationIndex, column = gl_WorkGroupID.x * 4u + gl_LocalInvocationID.x;
    uint width = quads * planes;
    vec4 sum = vec4(0);
    if (column < width)
        for (uint s = gl_LocalInvocationID.y; s < slots; s += 16u) sum += part[s * width + column];
    for (uint step = 32u; step >= 4u; step >>= 1) {
        sums[lane] = sum;
        barrier();
        if (lane < step) sum += sums[lane + step];
        barrier();
    }
    if (lane >= 4u || column >= width) return;
    uint plane = column / quads, c = 4u * (column % quads);
    for (uint k = 0u; k < 4u && c + k < C; k++) y[plane * C + c + k] = sum[k];
}
