// Features [classes * rows, width] as quads of four coordinates, zeros past the width.
layout(constant_id = 0) const bool WHOLE = true; // width is a multiple of 4
layout(binding = 0) readonly buffer Features { vec4 feature[]; };

uint quads = (width + 3u) / 4u;

vec4 quad(uint row, uint q) {
    uint first = row * width + 4u * q;
    if (WHOLE) return feature[first >> 2];
    vec4 v = vec4(0);
    for (uint k = 0u; k < min(4u, width - 4u * q); k++) v[k] = feature[(first + k) >> 2][(first + k) & 3u];
    return v;
}
