// build: adam
// build: adamw -DDECOUPLED=true
// build: adam_scaled -DSCALED
// build: adamw_scaled -DDECOUPLED=true -DSCALED
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "hyper.glsl"
#ifndef DECOUPLED
#define DECOUPLED false
#endif
layout(binding = 0) readonly buffer G { vec4 g[]; };
layout(binding = 1) readonly buffer H { vec4 h[2]; };
layout(binding = 2) buffer W { vec4 w[]; };
layout(binding = 3) buffer M { vec4 m[]; };
layout(binding = 4) buffer V { vec4 v[]; };
layout(push_constant) uniform P { uint n; SCALE };

void main() {
    Hyper hyper = HYPER(h);
    FOR_EACH_VEC4(i, n) {
        vec4 wi = w[i], mi = m[i], vi = v[i];
        adam(hyper, DECOUPLED, GRADIENT(g[i]), wi, mi, vi);
        w[i] = wi, m[i] = mi, v[i] = vi;
    }
}
