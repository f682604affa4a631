// The numbers of an optimiser step, as nn.Hyper lays them out in two vec4.
struct Hyper {
    float lr, beta1, beta2, eps;
    float decay, correct1, correct2, nesterov; // correct = 1 - beta^t
};

// What a gradient is multiplied by as it is read: in variants built with SCALED, by a push constant.
#ifdef SCALED
#define SCALE float scale;
#define GRADIENT(g) (scale * (g))
#else
#define SCALE
#define GRADIENT(g) (g)
#endif

#define HYPER(h) Hyper(h[0].x, h[0].y, h[0].z, h[0].w, h[1].x, h[1].y, h[1].z, h[1].w)

// Adam on four elements; decay is added to the gradient, or taken off the
// weight where it is decoupled (AdamW).
void adam(Hyper h, bool decoupled, vec4 g, inout vec4 w, inout vec4 m, inout vec4 v) {
    if (decoupled) w -= h.lr * h.decay * w;
    else g += h.decay * w;
    m = h.beta1 * m + (1.0 - h.beta1) * g;
    v = h.beta2 * v + (1.0 - h.beta2) * g * g;
    w -= h.lr / h.correct1 * m / (sqrt(v / h.correct2) + h.eps);
}
