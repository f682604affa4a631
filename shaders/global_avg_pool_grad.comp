// dx of every pixel of an image is scale dy. An image is perImage slots of rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint perImage, firstImage; float scale;
#include "rows.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) writeonly buffer DX { vec4 dx[]; };

void main() {
    if (slot >= slots) return;
    LOAD(d, dy, firstImage + slot / perImage)
    d *= scale;
    FOR_EACH_ROW(row) STORE(dx, row, d)
}
