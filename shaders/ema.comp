// avg = decay avg + (1 - decay) w
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(binding = 0) readonly buffer W { vec4 w[]; };
layout(binding = 1) readonly buffer Decay { float decay; };
layout(binding = 2) buffer Avg { vec4 avg[]; };
layout(push_constant) uniform P { uint n; };

void main() { FOR_EACH_VEC4(i, n) avg[i] = mix(w[i], avg[i], decay); }
