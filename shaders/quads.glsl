// Access to one quad (up to four channels from 4 * quad on) of a row of C
// channels, in buffers declared as vec4. The includer has quad, quads and C.
layout(constant_id = 0) const bool WHOLE = true; // C is a multiple of 4

// The quad's channels. Those past the end repeat the last: loads stay inside
// and stores are guarded.
uvec4 channels() { return min(4u * quad + uvec4(0, 1, 2, 3), uvec4(C - 1u)); }

#include "half.glsl"

// Declares vec4 v: the quad's channels in row r of t.
#define LOAD(v, t, r) \
    vec4 v; \
    if (WHOLE) v = GET(t, (r) * quads + quad); \
    else { \
        uvec4 at_##v = (r) * C + channels(); \
        v = vec4(GET1(t, at_##v.x), GET1(t, at_##v.y), GET1(t, at_##v.z), GET1(t, at_##v.w)); \
    }

// LOAD of a buffer that is float32 in every variant.
#define LOAD_FULL(v, t, r) \
    vec4 v; \
    if (WHOLE) v = t[(r) * quads + quad]; \
    else { \
        uvec4 at_##v = (r) * C + channels(); \
        v = vec4(t[at_##v.x >> 2][at_##v.x & 3u], t[at_##v.y >> 2][at_##v.y & 3u], t[at_##v.z >> 2][at_##v.z & 3u], \
                 t[at_##v.w >> 2][at_##v.w & 3u]); \
    }

// LOAD of channels from, from + 1, ... of rows of stride channels. Where WHOLE
// both are multiples of 4.
#define LOAD_FROM(v, t, r, stride, from) \
    vec4 v; \
    if (WHOLE) v = GET(t, ((r) * (stride) + (from)) / 4u + quad); \
    else { \
        uvec4 at_##v = (r) * (stride) + (from) + channels(); \
        v = vec4(GET1(t, at_##v.x), GET1(t, at_##v.y), GET1(t, at_##v.z), GET1(t, at_##v.w)); \
    }

#define STORE(t, r, v) \
    if (WHOLE) { PUT(t, (r) * quads + quad, v); } \
    else STORE_TO(t, r, C, 0u, v)

#define STORE_TO(t, r, stride, from, v) \
    if (WHOLE) { PUT(t, ((r) * (stride) + (from)) / 4u + quad, v); } \
    else { \
        uint at_ = (r) * (stride) + (from) + 4u * quad, left_ = C - 4u * quad; \
        PUT1(t, at_, v.x); \
        if (left_ > 1u) PUT1(t, at_ + 1u, v.y); \
        if (left_ > 2u) PUT1(t, at_ + 2u, v.z); \
        if (left_ > 3u) PUT1(t, at_ + 3u, v.w); \
    }
