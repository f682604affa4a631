// Cross-entropies of the softmax of logits z against a target distribution p,
// row by row. The target is a smoothed label (HARD), probabilities (SOFT) or
// the softmax of a teacher's logits at the same temperature (KL, which also
// subtracts the target's entropy).
#include "rowwise.glsl"
// invT is 1/temperature.
layout(push_constant) uniform P { uint rows, C; float smoothing, invT; };
layout(binding = 0) readonly buffer Z { float z[]; };
#ifdef HARD
layout(binding = 1) readonly buffer Labels { uint labels[]; };
#else
layout(binding = 1) readonly buffer Target { float target[]; };
#endif

// log sum exp of a row of t / T, as its maximum and the log of what remains.
#define LOG_SUM_EXP(top, rest, t) \
    float top = -3.4e38, rest = 0.0; \
    FOR_EACH_COLUMN(c, C) top = max(top, t[row * C + c] * invT); \
    top = row_max(top); \
    FOR_EACH_COLUMN(c, C) rest += exp(t[row * C + c] * invT - top); \
    rest = log(row_sum(rest));

#ifdef HARD
#define TARGET(c) (smoothing / float(C) + ((c) == labels[row] ? 1.0 - smoothing : 0.0))
#elif defined(SOFT)
#define TARGET(c) target[row * C + (c)]
#else
#define TARGET(c) exp(target[row * C + (c)] * invT - topT - restT)
#endif
