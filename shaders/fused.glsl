// What a convolution does on the way, so that no other kernel passes over its tensors for it. In a variant built with
//   NORM  x is normalised as it is loaded: act((x - mean) scale + shift); padding is zero after that
//   GRAD  what would be y goes through a gradient before it is stored (THROUGH): none; that of an activation, from u, its result or
//         operand as activation.glsl says; that of a batch norm with activation of u. Before that a base is added (BASE), after a batch
//         norm, where u feeds channel statistics too (STATS), their gradient (dmean + 2 dvar (u - mean)) / count.
//   MOMENTS  the mean and the sum of squared deviations of some pixels of y, a slot, are left in part: what channel_stats.comp leaves
// [mean; scale; shift] is what batchnorm_affine.comp makes. The includer has AFFINE(i), BATCH(i) and DBATCH(i), vec4 number i of these, of
// [mean; variance] and of their gradient, and COUNT, the pixels of the whole batch.
#if defined(NORM) || defined(GRAD)
#define ACT_ID 20
#include "activation.glsl"

struct Affine { vec4 center, scale, shift; };

// The vec4 number at of quads.
Affine affine_of(int at, int quads) { return Affine(AFFINE(at), AFFINE(quads + at), AFFINE(2 * quads + at)); }
vec4 through(Affine a, vec4 x) { return (x - a.center) * a.scale + a.shift; }
vec4 normalised(vec4 x, Affine a) { return activate(through(a, x)); }
#endif

#ifdef GRAD
layout(constant_id = 21) const uint THROUGH = 0u;
layout(constant_id = 22) const bool STATS = false;
layout(constant_id = 23) const bool BASE = false;
layout(constant_id = 24) const bool ADD = false; // to what y holds
const uint ACTIVATION = 1u, NORMALISATION = 2u;

#define READS_U (THROUGH == ACTIVATION || THROUGH == NORMALISATION && (STATS || ACT != 0u)) // else u may be anything
struct Channels { Affine norm; vec4 mean, dmean, dvar; };

vec4 gradient(vec4 dy, vec4 u, Channels c) {
    if (THROUGH == ACTIVATION) return activate_grad(dy, u);
    if (THROUGH != NORMALISATION) return dy;
    vec4 du = c.norm.scale * activate_grad_of(dy, through(c.norm, u));
    return STATS ? du + c.dmean + c.dvar * (u - c.mean) : du;
}

Channels channels_of(int at, int quads) {
    const vec4 none = vec4(0);
    Channels c = Channels(Affine(none, none, none), none, none, none);
    if (THROUGH == NORMALISATION) c.norm = affine_of(at, quads);
    if (STATS) {
        c.mean = BATCH(at);
        c.dmean = DBATCH(at) / float(COUNT);
        c.dvar = DBATCH(quads + at) * (2.0 / float(COUNT));
    }
    return c;
}
#endif

#ifdef MOMENTS
// For a slot of count pixels, of which sum and square are of the differences from the first, and the vec4 number `at` of `quads`.
#define LEAVE(slot, at, quads, count, first, sum, square) { \
        vec4 mean = sum / (count); \
        part[2 * (slot) * (quads) + (at)] = first + mean; \
        part[(2 * (slot) + 1) * (quads) + (at)] = max(square - sum * mean, vec4(0)); \
    }
#endif
