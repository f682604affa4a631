// The transforms of Winograd's F(4x4, 3x3) with interpolation points 0, 1, -1, 2, -2 (Lavin and Gray 2015, section 4.3),
// along one axis: V = Bt d B, U = G g Gt, y = At (U * V) A. Kernels transform rows by these functions and columns by the
// matrices, in a loop: unrolled both ways they take CPU drivers three times as long to compile, and run no faster.
const float BT[36] = float[](4, 0, -5, 0, 1, 0,   0, -4, -4, 1, 1, 0,   0, 4, -4, -1, 1, 0,
                             0, -2, -1, 2, 1, 0,  0, 2, -1, -2, 1, 0,   0, 4, 0, -5, 0, 1);
const float G[18] = float[](1. / 4, 0, 0,            -1. / 6, -1. / 6, -1. / 6,  -1. / 6, 1. / 6, -1. / 6,
                            1. / 24, 1. / 12, 1. / 6, 1. / 24, -1. / 12, 1. / 6,  0, 0, 1);
const float A[24] = float[](1, 0, 0, 0,  1, 1, 1, 1,  1, -1, 1, -1,  1, 2, 4, 8,  1, -2, 4, -8,  0, 0, 0, 1);

vec4[6] dataTransform(vec4 d[6]) { // Bt d
    vec4 p = d[4] - 4 * d[2], q = d[3] - 4 * d[1], s = d[4] - d[2], t = 2 * (d[3] - d[1]);
    return vec4[6](4 * d[0] - 5 * d[2] + d[4], p + q, p - q, s + t, s - t, 4 * d[1] - 5 * d[3] + d[5]);
}

vec4[6] filterTransform(vec4 g[3]) { // G g
    vec4 p = (g[0] + g[2]) / -6, q = g[1] / 6, s = (g[0] + 4 * g[2]) / 24, t = g[1] / 12;
    return vec4[6](g[0] / 4, p - q, p + q, s + t, s - t, g[2]);
}

vec4[4] outputTransform(vec4 m[6]) { // At m
    vec4 a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
    return vec4[4](m[0] + a + c, b + 2 * d, a + 4 * c, b + 8 * d + m[5]);
}

vec4[6] outputAdjoint(vec4 y[4]) { // A y
    vec4 p = y[0] + y[2], q = y[1] + y[3], s = y[0] + 4 * y[2], t = 2 * y[1] + 8 * y[3];
    return vec4[6](y[0], p + q, p - q, s + t, s - t, y[3]);
}

vec4[3] filterAdjoint(vec4 u[6]) { // Gt u
    vec4 a = u[1] + u[2], b = u[2] - u[1], c = u[3] + u[4], d = u[3] - u[4];
    return vec4[3](u[0] / 4 - a / 6 + c / 24, b / 6 + d / 12, c / 6 - a / 6 + u[5]);
}
