// y[row, c] = x[row, c - at] where that is one of x's channels, otherwise 0
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint at, xC;
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    uvec4 c = channels() - at; // wraps below at
    bvec4 inside = lessThan(c, uvec4(xC));
    bool aligned = WHOLE && at % 4u == 0u && xC % 4u == 0u;
    FOR_EACH_ROW(row) {
        vec4 v = vec4(0);
        if (aligned) {
            if (inside.x) v = x[(row * xC + c.x) / 4u];
        } else
            for (uint k = 0u; k < 4u; k++)
                if (inside[k]) v[k] = WORD(x, row * xC + c[k]);
        STORE(y, row, v)
    }
}
