// y[n] = variance over the pixels of |grad x|^2, x [N/4,H,W] of vec4 with an image to a component: central differences,
// reflected borders, two passes, so that the mean costs no digits. A workgroup takes four images.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
#include "reflect.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { float y[]; };
layout(push_constant) uniform P { uint N; int H, W; };

vec4 at(int h, int w) { return x[(int(row) * H + reflected(h, H)) * W + reflected(w, W)]; }

vec4 squared_gradient(uint pixel) {
    int h = int(pixel) / W, w = int(pixel) % W;
    vec4 gx = (at(h, w + 1) - at(h, w - 1)) / 2.0, gy = (at(h + 1, w) - at(h - 1, w)) / 2.0;
    return gx * gx + gy * gy;
}

vec4 mean_of(vec4 v) { return vec4(row_sum(v.x), row_sum(v.y), row_sum(v.z), row_sum(v.w)) / float(H * W); }

void main() {
    if (4u * row >= N) return;
    uint pixels = uint(H * W);
    vec4 sum = vec4(0);
    FOR_EACH_COLUMN(p, pixels) sum += squared_gradient(p);
    vec4 mean = mean_of(sum), square = vec4(0);
    FOR_EACH_COLUMN(p, pixels) {
        vec4 d = squared_gradient(p) - mean;
        square += d * d;
    }
    square = mean_of(square);
    if (lane < 4u && 4u * row + lane < N) y[4u * row + lane] = square[lane];
}
