// Kernels that give each row of a tensor [rows, C] to LANES invocations, which walk over its vec4 and join what they sum
// up. A workgroup takes ROWS rows. On a CPU driver one lane a row is fastest, on a GPU neighbouring lanes load neighbouring
// vec4.
layout(local_size_x_id = 1, local_size_y_id = 2) in;
layout(constant_id = 1) const uint LANES = 8;
layout(constant_id = 2) const uint ROWS = 8;

uint lane = gl_LocalInvocationID.x;
uint row = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * ROWS + gl_LocalInvocationID.y;
uint quad; // of FOR_EACH_QUAD

#define FOR_EACH_QUAD(quads) for (quad = lane; quad < (quads); quad += LANES)

// Sum and maximum of v over the lanes of a row, in a fixed order, known to every lane. All invocations must call them.
shared float joined[LANES * ROWS];

#define LANES_REDUCE(name, join) \
    float name(float v) { \
        if (LANES == 1u) return v; \
        uint at = gl_LocalInvocationIndex; \
        for (uint step = LANES / 2u; step > 0u; step >>= 1) { \
            joined[at] = v; \
            barrier(); \
            float u = joined[at ^ step]; \
            v = join; \
            barrier(); \
        } \
        return v; \
    }

LANES_REDUCE(lanes_sum, v + u)
LANES_REDUCE(lanes_max, max(v, u))

float sum4(vec4 v) { return v.x + v.y + v.z + v.w; }
float max4(vec4 v) { return max(max(v.x, v.y), max(v.z, v.w)); }
