// y = x [B,H,W] of vec4 convolved along one axis with a symmetric kernel, weight[k] for distance k up to radius; borders
// are reflected.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reflect.glsl"
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Weight { float weight[]; };
layout(binding = 2) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform P { uint total; int extent, stride, radius; }; // of the axis

void main() {
    int i = int((gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x);
    if (i >= int(total)) return;
    int at = i / stride % extent, first = i - at * stride;
    vec4 sum = weight[0] * x[i];
    for (int k = 1; k <= radius; k++)
        sum += weight[k] * (x[first + reflected(at - k, extent) * stride] + x[first + reflected(at + k, extent) * stride]);
    y[i] = sum;
}
