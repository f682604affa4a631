// Joins the slots' means and deviations into [mean; biased variance]. A
// workgroup takes X quads; Y lanes share a quad's slots.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "moments.glsl"
layout(local_size_x_id = 0, local_size_y_id = 1) in;
layout(constant_id = 0) const uint X = 4;
layout(constant_id = 1) const uint Y = 16;
layout(push_constant) uniform P { uint rows, C, quads, per, slots; };
layout(binding = 0) readonly buffer Part { vec4 part[]; }; // [slots, 2, quads]
layout(binding = 1) writeonly buffer Stats { float stats[]; }; // [2, C]

shared vec4 means[X * Y], squares[X * Y];
shared float counts[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex, quad = gl_WorkGroupID.x * X + gl_LocalInvocationID.x;
    float n = 0.0;
    vec4 mean = vec4(0), square = vec4(0);
    if (quad < quads)
        for (uint s = gl_LocalInvocationID.y; s < slots; s += Y)
            join(n, mean, square, float(min(per, rows - s * per)),
                 part[2u * s * quads + quad], part[(2u * s + 1u) * quads + quad]);
    for (uint step = X * Y / 2u; step >= X; step >>= 1) {
        counts[lane] = n, means[lane] = mean, squares[lane] = square;
        barrier();
        if (lane < step) join(n, mean, square, counts[lane + step], means[lane + step], squares[lane + step]);
        barrier();
    }
    if (lane >= X || quad >= quads) return;
    for (uint k = 0u; k < 4u && 4u * quad + k < C; k++) {
        stats[4u * quad + k] = mean[k];
        stats[C + 4u * quad + k] = square[k] / n;
    }
}
