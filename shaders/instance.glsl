// Kernels over the images of a tensor [N,H,W,C] that give X quads (vec4 of
// channels) of one image to a workgroup; Y lanes share a quad's pixels. What
// they reduce is kept as [N, 2, quads] of vec4.
layout(local_size_x_id = 1, local_size_y_id = 2) in;
layout(constant_id = 1) const uint X = 8;
layout(constant_id = 2) const uint Y = 16;
layout(constant_id = 4) const uint UNROLL = 1; // pixels of a lane a turn: a CPU driver's loops cost as much as what they hold
#ifdef POOL
layout(constant_id = 5) const uint K = 2; // pixels of a window's side; windows do not overlap and fill the image
layout(push_constant) uniform P { uint images, pixels, C, quads, outH, outW; float eps; };
#else
layout(push_constant) uniform P { uint images, pixels, C, quads; float eps; };
#endif

uint blocks = (quads + X - 1u) / X; // workgroups an image
uint group = gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y;
uint image = group / blocks;
uint quad = group % blocks * X + gl_LocalInvocationID.x;
bool mine = image < images && quad < quads;

#define ACT_ID 3
#include "activation.glsl"
#include "quads.glsl"

// The row of [N,H,W] of each of the lane's pixels, whose number UNROLL divides. Only where mine.
#define FOR_EACH_PIXEL(row) \
    for (uint row##_turn = image * pixels + gl_LocalInvocationID.y, row##_end = (image + 1u) * pixels; row##_turn < row##_end; row##_turn += Y * UNROLL) \
        for (uint row = row##_turn, row##_i = 0u; row##_i < UNROLL; row##_i++, row += Y)

#ifdef POOL
// The row of [N,outH,outW] of each of the lane's windows, and the row of [N,H,W] of its first pixel; UNROLL divides the
// windows of a line. Only where mine.
#define FOR_EACH_WINDOW(out, corner) \
    for (uint out##_line = image * outH, out##_end = (image + 1u) * outH; out##_line < out##_end; out##_line++) \
        for (uint out##_turn = gl_LocalInvocationID.y; out##_turn < outW; out##_turn += Y * UNROLL) \
            for (uint out = out##_line * outW + out##_turn, corner = (out##_line * outW * K + out##_turn) * K, out##_i = 0u; \
                 out##_i < UNROLL; out##_i++, out += Y, corner += Y * K)

// The row of each pixel of a window.
#define FOR_EACH_INSIDE(row, corner) \
    for (uint row##_y = 0u; row##_y < K; row##_y++) \
        for (uint row = corner + row##_y * outW * K, row##_x = 0u; row##_x < K; row##_x++, row++)
#endif

// Plane p, 0 or 1, of what was reduced.
#define PLANE(p) ((2u * image + p) * quads + quad)
