// The gradient of DSA to its images, in two passes with the same numbers.
// build: dsa_grad
// build: dsa_grad_colour -DCOLOUR
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint N, H, W; };
layout(binding = 0) readonly buffer DY { float dy[]; };
#ifdef COLOUR
// From dy, the gradient of the coloured images, and its means over the pixels
// of each image [N,3]. Contrast is about the mean of the image, on which every
// pixel of it has a part.
layout(binding = 1) readonly buffer Means { float means[]; };
layout(binding = 2) readonly buffer Numbers { vec4 numbers[]; }; // [N, 4], see nn.Siamese
layout(binding = 3) writeonly buffer DX { float dx[]; };

void main() {
    uint pixel = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint n = pixel / (H * W);
    if (n >= N) return;
    float saturation = numbers[4u * n].y, contrast = numbers[4u * n].z;
    vec3 d = vec3(dy[3u * pixel], dy[3u * pixel + 1u], dy[3u * pixel + 2u]);
    float mean = (means[3u * n] + means[3u * n + 1u] + means[3u * n + 2u]) / 3.0;
    d = contrast * (saturation * d + (1.0 - saturation) / 3.0 * (d.r + d.g + d.b)) + (1.0 - contrast) * mean;
    dx[3u * pixel] = d.r;
    dx[3u * pixel + 1u] = d.g;
    dx[3u * pixel + 2u] = d.b;
}
#else
// From the gradient of the result to that of the coloured images: an invocation
// collects what the results around give a pixel.
layout(binding = 1) readonly buffer Numbers { vec4 numbers[]; };
layout(binding = 2) writeonly buffer DU { float du[]; };

void main() {
    uint pixel = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
    uint n = pixel / (H * W);
    if (n >= N) return;
    vec4 colour = numbers[4u * n], shift = numbers[4u * n + 1u], cutout = numbers[4u * n + 2u], m = numbers[4u * n + 3u];
    vec3 sum = vec3(0);
    // Where the pixel lies after shift, cutout and flip; every pixel has one such place, seen or not.
    ivec2 at = ivec2(pixel / W % H, pixel % W) - ivec2(shift.xy);
    bool seen = all(greaterThanEqual(at, ivec2(0))) && all(lessThan(at, ivec2(H, W)));
    seen = seen && !(all(greaterThanEqual(at, cutout.xy)) && all(lessThan(at, cutout.xy + cutout.zw)));
    if (seen) {
        if (colour.w != 0.0) at.y = int(W) - 1 - at.y;
        // A result samples its four neighbours, each by its distance along both axes: those that sample this pixel lie
        // in a parallelogram around its own place.
        vec2 size = vec2(W, H), centre = 0.5 * size - 0.5, to = vec2(at.yx) - centre;
        mat2 forth = mat2(m.x, m.z * size.y / size.x, m.y * size.x / size.y, m.w), back = inverse(forth);
        vec2 middle = centre + back * to, reach = abs(back[0]) + abs(back[1]);
        ivec2 first = ivec2(max(ceil(middle - reach), vec2(0))), last = ivec2(min(floor(middle + reach), size - 1.0));
        for (int i = first.y; i <= last.y; i++)
            for (int j = first.x; j <= last.x; j++) {
                vec2 w = max(1.0 - abs(forth * (vec2(j, i) - centre) - to), vec2(0));
                uint e = 3u * ((n * H + uint(i)) * W + uint(j));
                sum += w.x * w.y * vec3(dy[e], dy[e + 1u], dy[e + 2u]);
            }
    }
    du[3u * pixel] = sum.r;
    du[3u * pixel + 1u] = sum.g;
    du[3u * pixel + 2u] = sum.b;
}
#endif
