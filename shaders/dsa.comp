// Differentiable Siamese augmentation of RGB images: colour, shift, cutout,
// flip, and one bilinear sampling for scale and rotation. An invocation makes a
// pixel out of up to four.
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint N, H, W; };
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer Means { float means[]; }; // [N, 3]
layout(binding = 2) readonly buffer Numbers { vec4 numbers[]; }; // [N, 4], see nn.Siamese
layout(binding = 3) writeonly buffer Y { float y[]; };

struct Siamese { float brightness, saturation, contrast; bool flip; ivec2 shift; vec4 cutout; float mean; };

bool inside(ivec2 at) { return all(greaterThanEqual(at, ivec2(0))) && all(lessThan(at, ivec2(H, W))); }

// Row and column at of the image before it is sampled.
vec3 source(Siamese s, uint n, ivec2 at) {
    bool seen = inside(at);
    if (s.flip) at.y = int(W) - 1 - at.y;
    seen = seen && !(all(greaterThanEqual(at, s.cutout.xy)) && all(lessThan(at, s.cutout.xy + s.cutout.zw)));
    at += s.shift;
    seen = seen && inside(at);
    if (!seen) return vec3(0);
    uint e = 3u * ((n * H + uint(at.x)) * W + uint(at.y));
    vec3 v = vec3(x[e], x[e + 1u], x[e + 2u]);
    float grey = (v.r + v.g + v.b) / 3.0;
    v = (v - grey) * s.saturation + grey + s.brightness;
    return (v - s.mean) * s.contrast + s.mean;
}

void main() {
    uint pixel = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint n = pixel / (H * W);
    if (n >= N) return;
    vec4 colour = numbers[4u * n], shift = numbers[4u * n + 1u], m = numbers[4u * n + 3u];
    float mean = (means[3u * n] + means[3u * n + 1u] + means[3u * n + 2u]) / 3.0 + colour.x; // of the brightened image
    Siamese s = Siamese(colour.x, colour.y, colour.z, colour.w != 0.0, ivec2(shift.xy), numbers[4u * n + 2u], mean);
    vec2 size = vec2(W, H), centre = 0.5 * size - 0.5, from = vec2(pixel % W, pixel / W % H) - centre;
    from = centre + vec2(m.x * from.x + m.y * from.y * size.x / size.y, m.z * from.x * size.y / size.x + m.w * from.y);
    ivec2 at = ivec2(floor(from)).yx;
    vec2 w = fract(from);
    vec3 top = mix(source(s, n, at), source(s, n, at + ivec2(0, 1)), w.x);
    vec3 bottom = mix(source(s, n, at + ivec2(1, 0)), source(s, n, at + ivec2(1, 1)), w.x);
    vec3 v = mix(top, bottom, w.y);
    y[3u * pixel] = v.r;
    y[3u * pixel + 1u] = v.g;
    y[3u * pixel + 2u] = v.b;
}
