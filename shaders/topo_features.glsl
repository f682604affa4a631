// Features [classes * rows, width] as quads of four coordinates, zeros past the width. WIDE, for a width of whole quads,
// loads 64 bits at a time.
uint quads = (width + 3u) / 4u;

#ifdef WIDE
#include "wide.glsl"
layout(binding = 0) readonly buffer Features { wide4 feature[]; };

vec4 quad(uint row, uint q) { return all4(feature[row * quads + q]); }
#else
layout(constant_id = 0) const bool WHOLE = true; // width is a multiple of 4
layout(binding = 0) readonly buffer Features { vec4 feature[]; };

vec4 quad(uint row, uint q) {
    if (WHOLE) return feature[row * quads + q];
    vec4 v = vec4(0);
    for (uint k = 0u, at = row * width + 4u * q; k < min(4u, width - 4u * q); k++, at++) v[k] = feature[at >> 2][at & 3u];
    return v;
}
#endif
