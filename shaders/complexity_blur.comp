// y = x [B,H,W] of vec4 convolved along one axis with a symmetric kernel, weight[k] for distance k, 0 from the radius
// on up to radius + 3; borders are reflected. An invocation makes four pixels in a row, so that each pixel and each
// weight it needs is loaded once.
// build: complexity_blur
// build: complexity_blur_plain -DPLAIN
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "reflect.glsl"
#include "divide.glsl"
#include "fours.glsl"
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X { wide4 x[]; };
layout(binding = 1) readonly buffer Weight { float weight[]; };
layout(binding = 2) writeonly buffer Y { wide4 y[]; };
// pixels along the axis, their distance in memory, invocations a line; lines lie stride a block, blocks extent * stride
layout(push_constant) uniform P { int total, extent, stride, strips, radius; };

void main() {
    int i = int((gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x);
    if (i >= total) return;
    int over = quotient(i, stride), line = i - over * stride, block = quotient(over, strips), strip = over - block * strips;
    int base = block * extent * stride + line, first = strip * 4;
    vec4 sum[4];
    float w[4]; // of the present pixel for each of the four
    [[unroll]] for (int k = 0; k < 4; k++) { sum[k] = vec4(0); w[k] = 0.0; }
    for (int at = -radius; at < 4 + radius; at++) {
        [[unroll]] for (int k = 3; k > 0; k--) w[k] = w[k - 1];
        w[0] = weight[abs(at)];
        vec4 v = all4(x[base + reflected(first + at, extent) * stride]);
        [[unroll]] for (int k = 0; k < 4; k++) sum[k] += w[k] * v;
    }
    [[unroll]] for (int k = 0; k < 4; k++)
        if (first + k < extent) y[base + (first + k) * stride] = toWide4(sum[k]);
}
