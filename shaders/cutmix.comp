// Each pixel is x's, or, inside the cut, the pair's.
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH uint H, W;
#include "rows.glsl"
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 1) readonly buffer Pair { vec4 pair[]; };
layout(binding = 2) readonly buffer Cut { vec4 cut; }; // top, left, height, width
layout(binding = 3) writeonly buffer Y { vec4 y[]; };

void main() {
    if (slot >= slots) return;
    FOR_EACH_ROW(row) {
        vec2 at = vec2(row / W % H, row % W);
        LOAD(v, x, row)
        if (all(greaterThanEqual(at, cut.xy)) && all(lessThan(at, cut.xy + cut.zw))) {
            LOAD(other, pair, row)
            v = other;
        }
        STORE(y, row, v)
    }
}
