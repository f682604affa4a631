// y[q,i] = |query[q] - pool[start[q]+i]|^2, i < count[q]; +inf for i >= count[q].
//
// Difference form: small distances keep their digits. One invocation takes one
// candidate; a workgroup takes 64 candidates of one query.
#version 450
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint WHOLE = 0; // rows are whole vec4
layout(binding = 0) readonly buffer Query { vec4 query4[]; };
layout(binding = 1) readonly buffer Pool { vec4 pool4[]; };
layout(binding = 2) readonly buffer Segments { uvec2 segment[]; }; // start, count
layout(binding = 3) writeonly buffer Y { float y[]; };
layout(push_constant) uniform P { uint width; uint stride; };

float at_query(uint i) { return query4[i >> 2][i & 3u]; }
float at_pool(uint i) { return pool4[i >> 2][i & 3u]; }

void main() {
    uint q = gl_WorkGroupID.y;
    uint i = gl_GlobalInvocationID.x;
    if (i >= stride) return;
    uvec2 s = segment[q];
    float sum = 1.0 / 0.0;
    if (i < s.y) {
        sum = 0.0;
        uint a = q * width;
        uint b = (s.x + i) * width;
        if (WHOLE != 0u) {
            for (uint k = 0u; k < width; k += 4u) {
                vec4 d = query4[(a + k) >> 2] - pool4[(b + k) >> 2];
                sum += dot(d, d);
            }
        } else {
            for (uint k = 0u; k < width; k++) {
                float d = at_query(a + k) - at_pool(b + k);
                sum += d * d;
            }
        }
    }
    y[q * stride + i] = sum;
}
