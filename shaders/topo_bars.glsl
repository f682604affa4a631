// Bars as persistence images see them (Eqn 10), and what the kernels over images share. Of the includer's bindings 0 to
// 2, and 5, are taken.
const uint LOCAL = 128u;
layout(local_size_x = 128) in;
layout(binding = 0) readonly buffer Classes { Class classOf[]; };
layout(binding = 1) readonly buffer Edges { uvec2 edge[]; };
layout(binding = 2) readonly buffer Bars { uvec2 bar[]; };
layout(binding = 5) buffer Reports { Report report[]; };

uint lane = gl_LocalInvocationID.x;
uint quads = (grid + 3u) / 4u; // of a row of pixels

// Kernel values are tabled for a lot of bars at a time, quads vec4 each; a grid has at most 64 pixels along a side.
const uint TABLE = 256u;
uint lot = TABLE / quads;

uint firstBar(uint c, uint degree) { return c * (points + slots) + degree * points; }

// The number of bars of a class, 0 where it has a status.
uint barsOf(uint c, uint degree) {
    return report[c].status == 0.0 ? uint(report[c].bars[2u * degree] + report[c].bars[2u * degree + 1u]) : 0u;
}

struct Point {
    float x, y; // birth and persistence, in eps
    float w, slope; // the weight w(y) and its derivative; both 0 for a bar that does not show
};

Point pointOf(uint c, Class set, uint i) {
    uvec2 b = bar[i];
    float birth = b.x == NONE ? 0.0 : uintBitsToFloat(edge[c * slots + b.x].x);
    float death = b.y == NONE ? set.drop != 0u ? birth : set.eps : uintBitsToFloat(edge[c * slots + b.y].x);
    Point p = Point(birth / set.eps, (death - birth) / set.eps, 0.0, 0.0);
    if (p.y > 0.0) {
        bool linear = set.exponent == 1.0;
        p.w = linear ? p.y : pow(p.y, set.exponent);
        p.slope = linear ? 1.0 : set.exponent * pow(p.y, set.exponent - 1.0);
    }
    return p;
}

// The centres of four pixels along a side.
vec4 centre(uint q) { return (4.0 * float(q) + vec4(0.5, 1.5, 2.5, 3.5)) / float(grid); }

// The kernel at these centres, 0 past the grid.
vec4 bell(uint q, float at, float sigma) {
    vec4 u = (centre(q) - at) / sigma;
    return mix(vec4(0), exp(-0.5 * u * u), lessThan(centre(q), vec4(1)));
}

// The sum of v over the workgroup, in a fixed order. All invocations must call it.
shared float part[LOCAL];

float total(float v) {
    barrier();
    part[lane] = v;
    barrier();
    for (uint n = LOCAL / 2u; n > 0u; n /= 2u) {
        if (lane < n) part[lane] += part[lane + n];
        barrier();
    }
    return part[0];
}
