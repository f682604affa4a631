// Vec4 i of the result comes from counter (i, step, stream): uniform in [0, 1)
// or, by Box and Muller, standard normal.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
#include "philox.glsl"
layout(constant_id = 0) const bool NORMAL = false;
layout(binding = 0) readonly buffer Seed { uvec4 seed[]; }; // seed lo, seed hi, stream, step
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; };

vec2 pair(vec2 u) { // u in [0, 1), u.x moved to (0, 1]
    float r = sqrt(-2.0 * log(u.x + 5.9604644775390625e-8)), phi = 6.2831853071795865 * u.y;
    return r * vec2(cos(phi), sin(phi));
}

void main() {
    uvec4 s = seed[0];
    FOR_EACH_VEC4(i, n) {
        vec4 u = uniform4(s, i);
        y[i] = NORMAL ? vec4(pair(u.xy), pair(u.zw)) : u;
    }
}
