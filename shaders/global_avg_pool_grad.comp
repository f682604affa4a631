// dx of every pixel of an image is scale dy. An image is perImage slots of rows.
// build: global_avg_pool_grad
// build: global_avg_pool_grad_half -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint perImage, firstImage; float scale;
#include "rows.glsl"
TENSOR(0, readonly, dy)
TENSOR(1, writeonly, dx)

void main() {
    if (slot >= slots) return;
    LOAD(d, dy, firstImage + slot / perImage)
    d *= scale;
    FOR_EACH_ROW(row) STORE(dx, row, d)
}
