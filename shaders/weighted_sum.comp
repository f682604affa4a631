// y = sum weight[i] * x_i[0] over count scalars, at most eight
#version 450
layout(local_size_x = 1) in;
layout(push_constant) uniform P { uint count; float weight[8]; };
layout(binding = 0) readonly buffer X0 { float x0[]; };
layout(binding = 1) readonly buffer X1 { float x1[]; };
layout(binding = 2) readonly buffer X2 { float x2[]; };
layout(binding = 3) readonly buffer X3 { float x3[]; };
layout(binding = 4) readonly buffer X4 { float x4[]; };
layout(binding = 5) readonly buffer X5 { float x5[]; };
layout(binding = 6) readonly buffer X6 { float x6[]; };
layout(binding = 7) readonly buffer X7 { float x7[]; };
layout(binding = 8) writeonly buffer Y { float y[]; };

void main() {
    float sum = weight[0] * x0[0];
    if (count > 1u) sum += weight[1] * x1[0];
    if (count > 2u) sum += weight[2] * x2[0];
    if (count > 3u) sum += weight[3] * x3[0];
    if (count > 4u) sum += weight[4] * x4[0];
    if (count > 5u) sum += weight[5] * x5[0];
    if (count > 6u) sum += weight[6] * x6[0];
    if (count > 7u) sum += weight[7] * x7[0];
    y[0] = sum;
}
