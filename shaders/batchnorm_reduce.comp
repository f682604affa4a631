// Each slot's part of dgamma = sum dz (x - mean) / sqrt(var + eps) and
// dbeta = sum dz, where dz is dy where the activation let the value through.
#version 450
#extension GL_GOOGLE_include_directive : require
#define PUSH float eps;
#include "rows.glsl"
layout(constant_id = 1) const bool RELU = false;
layout(binding = 0) readonly buffer DY { vec4 dy[]; };
layout(binding = 1) readonly buffer Y { vec4 y[]; };
layout(binding = 2) readonly buffer X { vec4 x[]; };
layout(binding = 3) readonly buffer Stats { vec4 stats[]; }; // [2, C]
layout(binding = 4) writeonly buffer Part { vec4 part[]; }; // [slots, 2, quads]

void main() {
    if (slot >= slots) return;
    LOAD(mean, stats, 0u)
    LOAD(variance, stats, 1u)
    vec4 dgamma = vec4(0), dbeta = vec4(0);
    FOR_EACH_ROW(row) {
        LOAD(dz, dy, row)
        if (RELU) {
            LOAD(v, y, row)
            dz = mix(vec4(0), dz, greaterThan(v, vec4(0)));
        }
        LOAD(u, x, row)
        dgamma += dz * (u - mean);
        dbeta += dz;
    }
    part[2u * slot * quads + quad] = dgamma * inversesqrt(variance + eps);
    part[(2u * slot + 1u) * quads + quad] = dbeta;
}
