// dx of every pixel of an image is dy / pixels.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rows.glsl"
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) writeonly buffer DX { vec4 dx[]; };

void main() {
    if (slot >= slots) return;
    LOAD(d, dy, slot)
    d /= float(per);
    FOR_EACH_ROW(row) STORE(dx, row, d)
}
