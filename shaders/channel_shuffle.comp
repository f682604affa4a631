// y[row, j * groups + g] = x[row, g * (C / groups) + j]
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint groups;
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    uvec4 c = channels();
    c = (c % groups) * (C / groups) + c / groups;
    FOR_EACH_ROW(row) {
        uvec4 e = row * C + c;
        vec4 v = vec4(WORD(x, e.x), WORD(x, e.y), WORD(x, e.z), WORD(x, e.w));
        STORE(y, row, v)
    }
}
