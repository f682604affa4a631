// y = x / max(||x||_2, eps), row by row. GRAD: dx = (dy - y (y . dy)) / ||x||,
// or dy / eps where the norm is below eps.
// build: l2_normalize
// build: l2_normalize_grad -DGRAD
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint rows, C; float eps; };
layout(binding = 0) readonly buffer X { float x[]; };
#ifdef GRAD
layout(binding = 1) readonly buffer DY { float dy[]; };
layout(binding = 2) writeonly buffer DX { float dx[]; };
#else
layout(binding = 1) writeonly buffer Y { float y[]; };
#endif

void main() {
    if (row >= rows) return;
    float top = 0.0, square = 0.0; // scaled by the largest, so that squares neither overflow nor vanish
    FOR_EACH_COLUMN(c, C) top = max(top, abs(x[row * C + c]));
    top = max(row_max(top), 1e-30);
    FOR_EACH_COLUMN(c, C) {
        float v = x[row * C + c] / top;
        square += v * v;
    }
    float norm = top * sqrt(row_sum(square)), scale = 1.0 / max(norm, eps);
#ifdef GRAD
    float along = 0.0;
    FOR_EACH_COLUMN(c, C) along += x[row * C + c] * scale * dy[row * C + c];
    along = norm > eps ? row_sum(along) : row_sum(0.0);
    FOR_EACH_COLUMN(c, C) dx[row * C + c] = scale * (dy[row * C + c] - along * x[row * C + c] * scale);
#else
    FOR_EACH_COLUMN(c, C) y[row * C + c] = x[row * C + c] * scale;
#endif
}
