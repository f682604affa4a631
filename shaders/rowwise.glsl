// Kernels that give each row of a matrix to one workgroup of 64.
layout(local_size_x = 64) in;

uint row = gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y;
uint lane = gl_LocalInvocationID.x;

#define FOR_EACH_COLUMN(c, C) for (uint c = lane; c < (C); c += 64u)

// Sum and maximum of v over the workgroup, in a fixed order, known to every
// lane. All lanes must call them.
shared float lanes[64];

#define ROW_REDUCE(name, join) \
    float name(float v) { \
        lanes[lane] = v; \
        barrier(); \
        if (lane < 8u) \
            for (uint i = lane + 8u; i < 64u; i += 8u) { \
                float u = lanes[i]; \
                v = join; \
            } \
        barrier(); \
        if (lane < 8u) lanes[lane] = v; \
        barrier(); \
        v = lanes[0]; \
        for (uint i = 1u; i < 8u; i++) { \
            float u = lanes[i]; \
            v = join; \
        } \
        barrier(); \
        return v; \
    }

ROW_REDUCE(row_sum, v + u)
ROW_REDUCE(row_max, max(v, u))
