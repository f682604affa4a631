// Activations by the numbers of nn.Activation. The includer defines ACT_ID, the
// constant_id of the one that is meant.
layout(constant_id = ACT_ID) const uint ACT = 0u;
const uint RELU = 1u, RELU6 = 2u, SIGMOID = 3u, SILU = 4u, GELU = 5u;

// Whether the gradient is a function of the value before the activation, z,
// rather than of the result, y.
const bool FROM_Z = ACT >= SILU;

vec4 sigmoid(vec4 z) { return 1.0 / (1.0 + exp(min(-z, vec4(80)))); } // exp stays finite

// The distribution function of the standard normal, (1 + erf(z / sqrt 2)) / 2,
// from exponential = exp(-z^2 / 2): Abramowitz and Stegun 7.1.26, to 1e-7.
vec4 normal_cdf(vec4 z, vec4 exponential) {
    vec4 t = 1.0 / (1.0 + 0.231641888 * abs(z));
    vec4 tail = t * (0.127414796 + t * (-0.142248368 + t * (0.7107068705 + t * (-0.7265760135 + t * 0.5307027145))));
    tail *= exponential;
    return mix(tail, 1.0 - tail, greaterThanEqual(z, vec4(0)));
}

vec4 activate(vec4 z) {
    switch (ACT) {
        case RELU: return max(z, vec4(0));
        case RELU6: return min(max(z, vec4(0)), vec4(6));
        case SIGMOID: return sigmoid(z);
        case SILU: return z * sigmoid(z);
        case GELU: return z * normal_cdf(z, exp(-0.5 * z * z));
        default: return z;
    }
}

// dy times the derivative, from v: z where FROM_Z, otherwise y.
vec4 activate_grad(vec4 dy, vec4 v) {
    switch (ACT) {
        case RELU: return mix(vec4(0), dy, greaterThan(v, vec4(0)));
        case RELU6: return mix(vec4(0), mix(vec4(0), dy, greaterThan(v, vec4(0))), lessThan(v, vec4(6)));
        case SIGMOID: return dy * v * (1.0 - v);
        case SILU: {
            vec4 s = sigmoid(v);
            return dy * s * (1.0 + v * (1.0 - s));
        }
        case GELU: {
            vec4 e = exp(-0.5 * v * v);
            return dy * (normal_cdf(v, e) + 0.3989422804 * v * e); // 1 / sqrt(2 pi)
        }
        default: return dy;
    }
}

// dy times the derivative, from z.
vec4 activate_grad_of(vec4 dy, vec4 z) { return activate_grad(dy, FROM_Z ? z : activate(z)); }
