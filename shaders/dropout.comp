// y = x / (1 - p) where the element's random number is p or more, otherwise 0
// build: dropout
// build: dropout_mask -DMASK
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "philox.glsl"
layout(binding = 0) readonly buffer Seed { uvec4 seed[]; }; // seed lo, seed hi, stream, step
#ifdef MASK // x = 1
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
#else
layout(binding = 1) readonly buffer X { vec4 x[]; };
layout(binding = 2) writeonly buffer Y { vec4 y[]; };
#endif
layout(push_constant) uniform P {
    uint n;
    uint first; // vec4 of the whole tensor that this part begins with
    uint mask; // the hash of its name, added to the stream
    float p, scale; // scale = 1 / (1 - p), 0 for p = 1
};

void main() {
    uvec4 s = seed[0] + uvec4(0u, 0u, mask, 0u);
    FOR_EACH_VEC4(i, n) {
        vec4 v = vec4(scale);
#ifndef MASK
        v *= x[i];
#endif
        y[i] = mix(vec4(0), v, greaterThanEqual(uniform4(s, first + i), vec4(p)));
    }
}
