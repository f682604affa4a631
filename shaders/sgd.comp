// g += decay w; v = momentum v + g; w -= lr (nesterov ? g + momentum v : v)
// build: sgd
// build: sgd_scaled -DSCALED
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "hyper.glsl"
layout(binding = 0) readonly buffer G { vec4 g[]; };
layout(binding = 1) readonly buffer H { vec4 h[2]; };
layout(binding = 2) buffer W { vec4 w[]; };
layout(binding = 3) buffer V { vec4 v[]; };
layout(push_constant) uniform P { uint n; SCALE };

void main() {
    Hyper hyper = HYPER(h);
    FOR_EACH_VEC4(i, n) {
        vec4 wi = w[i], d = GRADIENT(g[i]) + hyper.decay * wi, vi = hyper.beta1 * v[i] + d;
        v[i] = vi;
        w[i] = wi - hyper.lr * (hyper.nesterov != 0.0 ? d + hyper.beta1 * vi : vi);
    }
}
