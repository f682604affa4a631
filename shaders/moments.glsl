// Joins two sets' counts, means and sums of squared deviations (Chan, Golub and
// LeVeque 1979).
void join(inout float n, inout vec4 mean, inout vec4 square, float n2, vec4 mean2, vec4 square2) {
    float all = n + n2;
    if (n2 == 0.0) return;
    vec4 d = mean2 - mean;
    mean += d * (n2 / all);
    square += square2 + d * d * (n * n2 / all);
    n = all;
}
