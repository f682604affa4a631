// ||var - running var||_2 + ||mean - running mean||_2 of [2, C] statistics; one
// workgroup. GRAD gives dloss times the gradient of the first: each row's
// difference over its norm, zero where the norm is.
// build: bn_loss
// build: bn_loss_grad -DGRAD
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint C; };
layout(binding = 0) readonly buffer Stats { float stats[]; };
layout(binding = 1) readonly buffer Running { float running[]; };
#ifdef GRAD
layout(binding = 2) readonly buffer DLoss { float dloss[]; };
layout(binding = 3) writeonly buffer DStats { float dstats[]; };
#else
layout(binding = 2) writeonly buffer Loss { float loss[]; };
#endif

void main() {
    vec2 square = vec2(0);
    FOR_EACH_COLUMN(c, C) {
        vec2 d = vec2(stats[c] - running[c], stats[C + c] - running[C + c]);
        square += d * d;
    }
    vec2 norm = sqrt(vec2(row_sum(square.x), row_sum(square.y)));
#ifdef GRAD
    vec2 scale = mix(vec2(0), dloss[0] / norm, greaterThan(norm, vec2(0)));
    FOR_EACH_COLUMN(c, C) {
        dstats[c] = scale.x * (stats[c] - running[c]);
        dstats[C + c] = scale.y * (stats[C + c] - running[C + c]);
    }
#else
    if (lane == 0u) loss[0] = norm.x + norm.y;
#endif
}
