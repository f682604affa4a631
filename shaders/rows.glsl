// Kernels over a tensor seen as rows of C channels (NHWC: a pixel is a row).
// An invocation owns one vec4 of channels, its quad, and walks over per
// consecutive rows, its slot; what depends on the channel alone is loaded once.
// The includer may define PUSH, further members of the push constants.
#ifndef PUSH
#define PUSH
#endif
layout(local_size_x = 64) in;
layout(push_constant) uniform Rows {
    uint rows, C;
    uint quads; // ceil(C / 4)
    uint per, slots; // slots = ceil(rows / per)
    PUSH
};

uint invocation = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
uint quad = invocation % quads;
uint slot = invocation / quads;

#include "quads.glsl"

// Only for slot < slots.
#define FOR_EACH_ROW(row) \
    for (uint row = slot * per, row##_end = min(row + per, rows); row < row##_end; row++)
