// What instance norm keeps of each image's channels, [N, 2, quads] of vec4, made
// what group norm needs: for every channel that of its whole group. STATS: mean
// and variance. SUMS: the means over the group of gamma times the sums of z dz
// and of dz. An invocation takes a group.
// build: group_stats
// build: group_sums -DSUMS
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint images, C, width, groups; }; // width = 4 quads
layout(binding = 0) readonly buffer In { float x[]; };
#ifdef SUMS
layout(binding = 1) readonly buffer Gamma { float gamma[]; };
layout(binding = 2) writeonly buffer Out { float y[]; };
#else
layout(binding = 1) writeonly buffer Out { float y[]; };
#endif

void main() {
    uint id = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint image = id / groups, group = id % groups, size = C / groups;
    if (image >= images) return;
    uint a = 2u * image * width, b = a + width, first = group * size, end = first + size;
    float n = float(size), p = 0.0, q = 0.0;
#ifdef SUMS
    for (uint c = first; c < end; c++) p += gamma[c] * x[a + c], q += gamma[c] * x[b + c];
    q /= n;
#else
    for (uint c = first; c < end; c++) p += x[a + c];
    for (uint c = first; c < end; c++) {
        float d = x[a + c] - p / n;
        q += x[b + c] + d * d;
    }
    q /= n;
#endif
    p /= n;
    if (group == groups - 1u) end = width; // what fills the last quad up
    for (uint c = first; c < end; c++) y[a + c] = p, y[b + c] = q;
}
