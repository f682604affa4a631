// y[n] = variance over the pixels of |grad x|^2, x [N/4,H,W] of vec4 with an image to a component: central differences,
// reflected borders. Welford's update and Chan's join, so that the mean costs no digits. A workgroup takes four images.
// build: complexity_variance
// build: complexity_variance_plain -DPLAIN
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
#include "reflect.glsl"
#include "divide.glsl"
#include "fours.glsl"
layout(binding = 0) readonly buffer X { wide4 x[]; };
layout(binding = 1) writeonly buffer Y { float y[]; };
layout(push_constant) uniform P { uint N; int H, W; };

vec4 at(int h, int w) { return all4(x[(int(row) * H + reflected(h, H)) * W + reflected(w, W)]); }

vec4 mean_of(vec4 v) { return vec4(row_sum(v.x), row_sum(v.y), row_sum(v.z), row_sum(v.w)) / float(H * W); }

void main() {
    if (4u * row >= N) return;
    vec4 mean = vec4(0), square = vec4(0);
    float count = 0.0;
    FOR_EACH_COLUMN(p, uint(H * W)) {
        int h = quotient(int(p), W), w = int(p) - h * W;
        vec4 gx = (at(h, w + 1) - at(h, w - 1)) / 2.0, gy = (at(h + 1, w) - at(h - 1, w)) / 2.0;
        vec4 v = gx * gx + gy * gy, d = v - mean;
        count += 1.0;
        mean += d / count;
        square += d * (v - mean);
    }
    vec4 off = mean - mean_of(count * mean); // of the lane's mean
    square = mean_of(square + count * off * off);
    if (lane < 4u && 4u * row + lane < N) y[4u * row + lane] = square[lane];
}
