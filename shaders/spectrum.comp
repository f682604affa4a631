// The eigenvalues l of blocks of a symmetric matrix [n, n], of rows with the
// same label one behind the other, and of each block, at its first row, the
// divergence sum p (log p - log q) of q = softmax(l) from p = softmax(l / tau),
// which counts as constant. A workgroup takes a block of up to 50 rows, by
// Jacobi rotations of disjoint pairs side by side. GRAD gives dloss times the
// gradient by the matrix, U diag(q - p) U^T of each block.
// build: spectrum
// build: spectrum_grad -DGRAD
#version 450
#extension GL_GOOGLE_include_directive : require
#include "rowwise.glsl"
layout(push_constant) uniform P { uint n; float tau; };
layout(binding = 0) readonly buffer Matrix { float matrix[]; };
layout(binding = 1) readonly buffer Labels { uint labels[]; };
#ifdef GRAD
layout(binding = 2) readonly buffer DLoss { float dloss[]; };
layout(binding = 3) writeonly buffer DMatrix { float dmatrix[]; };
#else
layout(binding = 2) writeonly buffer Loss { float loss[]; };
#endif

const uint MOST = 50u, SWEEPS = 10u;
shared float a[MOST * MOST];
#ifdef GRAD
shared float u[MOST * MOST];
#endif
shared vec2 turn[MOST / 2u]; // cosine and sine of each pair
shared uvec2 pair[MOST / 2u];

void main() {
    if (row >= n) return; // uniform over the workgroup
    uint label = labels[row];
    if (row > 0u && labels[row - 1u] == label) {
#ifndef GRAD
        if (lane == 0u) loss[row] = 0.0;
#endif
        return;
    }
    uint count = 1u;
    while (row + count < n && count < MOST && labels[row + count] == label) count++;
    for (uint j = 0u; j < count; j++)
        if (lane < count) {
            a[j * MOST + lane] = matrix[(row + j) * n + row + lane];
#ifdef GRAD
            u[j * MOST + lane] = j == lane ? 1.0 : 0.0;
#endif
        }
    uint even = count + (count & 1u), pairs = even / 2u;
    barrier();
    for (uint t = 0u; t < SWEEPS * (even - 1u); t++) {
        if (lane < pairs) { // of a tournament: even - 1 stays, the others go round
            uint turns = t % (even - 1u), m = even - 1u;
            uint i = lane == 0u ? m : (turns + lane) % m, j = (turns + m - lane) % m;
            uvec2 p = uvec2(min(i, j), max(i, j));
            vec2 cs = vec2(1, 0);
            if (p.y < count) {
                float off = a[p.x * MOST + p.y];
                if (off != 0.0) {
                    float theta = (a[p.y * MOST + p.y] - a[p.x * MOST + p.x]) / (2.0 * off);
                    float tan = abs(theta) > 1e15 ? 0.5 / theta : (theta < 0.0 ? -1.0 : 1.0) / (abs(theta) + sqrt(theta * theta + 1.0));
                    cs.x = inversesqrt(tan * tan + 1.0);
                    cs.y = tan * cs.x;
                }
            }
            pair[lane] = p;
            turn[lane] = cs;
        }
        barrier();
        if (lane < count)
            for (uint k = 0u; k < pairs; k++) { // rows; a lane a column
                uvec2 p = pair[k];
                if (p.y >= count) continue;
                float x = a[p.x * MOST + lane], y = a[p.y * MOST + lane], c = turn[k].x, s = turn[k].y;
                a[p.x * MOST + lane] = c * x - s * y;
                a[p.y * MOST + lane] = s * x + c * y;
            }
        barrier();
        if (lane < count)
            for (uint k = 0u; k < pairs; k++) { // columns; a lane a row
                uvec2 p = pair[k];
                if (p.y >= count) continue;
                float x = a[lane * MOST + p.x], y = a[lane * MOST + p.y], c = turn[k].x, s = turn[k].y;
                a[lane * MOST + p.x] = c * x - s * y;
                a[lane * MOST + p.y] = s * x + c * y;
#ifdef GRAD
                x = u[lane * MOST + p.x];
                y = u[lane * MOST + p.y];
                u[lane * MOST + p.x] = c * x - s * y;
                u[lane * MOST + p.y] = s * x + c * y;
#endif
            }
        barrier();
    }
    bool mine = lane < count;
    float l = mine ? a[lane * MOST + lane] : -3.4e38;
    float most = row_max(l);
    float q = mine ? exp(l - most) : 0.0, p = mine ? exp((l - most) / tau) : 0.0;
    float sq = row_sum(q), sp = row_sum(p);
    p /= sp;
#ifdef GRAD
    float d = (q / sq - p) * dloss[row];
    barrier();
    if (mine) a[lane] = d; // by eigenvalue
    barrier();
    for (uint j = 0u; j < count; j++)
        FOR_EACH_COLUMN(c, n) {
            float sum = 0.0;
            if (c >= row && c < row + count)
                for (uint k = 0u; k < count; k++) sum += a[k] * u[j * MOST + k] * u[(c - row) * MOST + k];
            dmatrix[(row + j) * n + c] = sum;
        }
#else
    // p (log p - log q), both logarithms from the exponents
    float term = mine ? p * ((l - most) / tau - log(sp) - (l - most) + log(sq)) : 0.0;
    float sum = row_sum(term);
    if (lane == 0u) loss[row] = sum;
#endif
}
