// y = share x + (1 - share) pair
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Pair { vec4 pair[]; };
layout(binding = 2) readonly buffer Share { float share; };
layout(binding = 3) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) y[i] = mix(pair[i], x[i], share); }
