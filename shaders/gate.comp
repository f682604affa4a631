// y = x gate, by image and channel or by image, plus what is added. An image is
// perImage slots of rows.
// build: gate
// build: gate_add -DADD
// build: gate_shift -DSHIFT
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef SHIFT
#define PUSH uint perImage, firstImage; float scale;
#else
#define PUSH uint perImage, firstImage;
#endif
#include "rows.glsl"
layout(constant_id = 1) const bool CHANNELS = true; // the gate is [N,C], not [N]
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Gate { vec4 gate[]; };
#ifdef ADD
layout(binding = 2) readonly buffer Other { vec4 other[]; }; // like x
layout(binding = 3) writeonly buffer Y { vec4 y[]; };
#elif defined(SHIFT)
layout(binding = 2) readonly buffer Shift { vec4 shift[]; }; // [N,C], to be scaled
layout(binding = 3) writeonly buffer Y { vec4 y[]; };
#else
layout(binding = 2) writeonly buffer Y { vec4 y[]; };
#endif

void main() {
    if (slot >= slots) return;
    uint image = firstImage + slot / perImage;
    vec4 factor;
    if (CHANNELS) {
        LOAD(g, gate, image)
        factor = g;
    } else factor = vec4(GET1(gate, image));
#ifdef SHIFT
    LOAD(more, shift, image)
    more *= scale;
#endif
    FOR_EACH_ROW(row) {
        LOAD(v, x, row)
        v *= factor;
#ifdef ADD
        LOAD(more, other, row)
        v += more;
#elif defined(SHIFT)
        v += more;
#endif
        STORE(y, row, v)
    }
}
