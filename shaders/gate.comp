// y = x gate, by image and channel or by image, plus what is added. An image is
// perImage slots of rows.
// build: gate
// build: gate_add -DADD
// build: gate_shift -DSHIFT
// build: gate_half -DHALF
// build: gate_add_half -DADD -DHALF
// build: gate_shift_half -DSHIFT -DHALF
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef SHIFT
#define PUSH uint perImage, firstImage; float scale;
#else
#define PUSH uint perImage, firstImage;
#endif
#include "rows.glsl"
layout(constant_id = 1) const bool CHANNELS = true; // the gate is [N,C], not [N]
TENSOR(0, readonly, x)
layout(binding = 1) readonly buffer Gate { vec4 gate[]; };
#ifdef ADD
TENSOR(2, readonly, other) // like x
TENSOR(3, writeonly, y)
#elif defined(SHIFT)
layout(binding = 2) readonly buffer Shift { vec4 shift[]; }; // [N,C], to be scaled
TENSOR(3, writeonly, y)
#else
TENSOR(2, writeonly, y)
#endif

void main() {
    if (slot >= slots) return;
    uint image = firstImage + slot / perImage;
    vec4 factor;
    if (CHANNELS) {
        LOAD_FULL(g, gate, image)
        factor = g;
    } else factor = vec4(gate[image >> 2][image & 3u]);
#ifdef SHIFT
    LOAD_FULL(more, shift, image)
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
