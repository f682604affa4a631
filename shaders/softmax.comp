// y = softmax(x + bias + mask) over the first n numbers of every row, the rest of the row 0. Rows are numbered
// (item * tokens + token) * heads + head; bias has a row for each (token, head), mask for each (item % masks, token).
// Without bias or mask the row itself is bound in its place and not read.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "lanes.glsl"
#include "divide.glsl"
layout(constant_id = 3) const bool BIAS = true;
layout(constant_id = 4) const bool MASK = true;
layout(push_constant) uniform P { uint rows, n, quads, tokens, heads, masks; };
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Bias { vec4 bias[]; };
layout(binding = 2) readonly buffer Mask { vec4 mask[]; };
layout(binding = 3) buffer Y { vec4 y[]; };

bvec4 live() { return lessThan(4u * quad + uvec4(0, 1, 2, 3), uvec4(n)); }

void main() {
    float top = -3.0e38;
    uint at = row * quads;
    if (row < rows) {
        int token = quotient(int(row), int(heads)), head = int(row) - token * int(heads);
        int item = quotient(token, int(tokens));
        token -= item * int(tokens);
        uint biasAt = uint(token * int(heads) + head) * quads;
        item -= quotient(item, int(masks)) * int(masks);
        uint maskAt = uint(item * int(tokens) + token) * quads;
        FOR_EACH_QUAD(quads) {
            vec4 v = x[at + quad];
            if (BIAS) v += bias[biasAt + quad];
            if (MASK) v += mask[maskAt + quad];
            v = mix(vec4(-3.0e38), v, live());
            top = max(top, max4(v));
            y[at + quad] = v;
        }
    }
    top = lanes_max(top);
    float sum = 0.0;
    if (row < rows)
        FOR_EACH_QUAD(quads) {
            vec4 v = exp(y[at + quad] - top); // 0 past the end
            sum += sum4(v);
            y[at + quad] = v;
        }
    sum = 1.0 / lanes_sum(sum);
    if (row < rows)
        FOR_EACH_QUAD(quads) y[at + quad] *= sum;
}
