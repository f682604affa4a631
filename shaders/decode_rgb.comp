// y[n,h,w,c] = byte * scale[c] + shift[c]; bytes are packed four to a word,
// lowest first, and every image starts on a word. Word i of an image whose size
// is a multiple of four bytes gives vec4 i.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "elementwise.glsl"
layout(constant_id = 0) const bool WHOLE = true; // an image is a multiple of 4 bytes
layout(binding = 0) readonly buffer X { uint x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };
// n elements in all, image elements and words an image
layout(push_constant) uniform P { uint n, image, words; float scale[3], shift[3]; };

float decode(float byte, uint c) {
    return c == 0u ? byte * scale[0] + shift[0] : c == 1u ? byte * scale[1] + shift[1] : byte * scale[2] + shift[2];
}

float byte_at(uint e) {
    uint r = e % image;
    return float(x[(e / image) * words + r / 4u] >> (8u * (r % 4u)) & 255u);
}

void main() {
    FOR_EACH_VEC4(i, n) {
        uint e = 4u * i, c = (WHOLE ? e : e % image) % 3u;
        if (WHOLE) {
            uint w = x[i];
            vec3 s = vec3(scale[0], scale[1], scale[2]), t = vec3(shift[0], shift[1], shift[2]);
            s = c == 0u ? s.xyz : c == 1u ? s.yzx : s.zxy;
            t = c == 0u ? t.xyz : c == 1u ? t.yzx : t.zxy;
            y[i] = vec4(w & 255u, w >> 8 & 255u, w >> 16 & 255u, w >> 24) * s.xyzx + t.xyzx;
        } else {
            vec4 v;
            for (uint k = 0u; k < 4u; k++) {
                uint at = min(e + k, n - 1u);
                v[k] = decode(byte_at(at), at % image % 3u);
            }
            y[i] = v;
        }
    }
}
