// Mean and biased variance of every channel of every image. The sums of a lane
// are taken around its first pixel, so that a mean far from zero costs no
// digits.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "instance.glsl"
#include "moments.glsl"
layout(binding = 0) readonly buffer In { vec4 x[]; };
layout(binding = 1) writeonly buffer Stats { vec4 stats[]; }; // [N, 2, quads]

shared vec4 means[X * Y], squares[X * Y];
shared float counts[X * Y];

void main() {
    uint lane = gl_LocalInvocationIndex;
    float n = 0.0;
    vec4 mean = vec4(0), square = vec4(0);
    if (mine && gl_LocalInvocationID.y < pixels) {
        LOAD(pivot, x, image * pixels + gl_LocalInvocationID.y)
        vec4 sum = vec4(0);
        FOR_EACH_PIXEL(row) {
            LOAD(v, x, row)
            v -= pivot;
            sum += v;
            square += v * v;
            n += 1.0;
        }
        mean = sum / n;
        square = max(square - sum * mean, vec4(0));
        mean += pivot;
    }
    for (uint step = X * Y / 2u; step >= X; step >>= 1) {
        counts[lane] = n, means[lane] = mean, squares[lane] = square;
        barrier();
        if (lane < step) join(n, mean, square, counts[lane + step], means[lane + step], squares[lane + step]);
        barrier();
    }
    if (lane >= X || !mine) return;
    stats[PLANE(0u)] = mean;
    stats[PLANE(1u)] = square / n;
}
