// y = scale * sum x, one workgroup
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint n; float scale; };
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) writeonly buffer Y { float y[]; };

void main() {
    float sum = 0.0;
    FOR_EACH_COLUMN(i, n) sum += x[i];
    sum = row_sum(sum);
    if (lane == 0u) y[0] = scale * sum;
}
