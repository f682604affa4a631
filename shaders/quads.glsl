// Access to one quad (up to four channels from 4 * quad on) of a row of C
// channels, in buffers declared as vec4. The includer has quad, quads and C.
layout(constant_id = 0) const bool WHOLE = true; // C is a multiple of 4

// The quad's channels. Those past the end repeat the last: loads stay inside
// and stores are guarded.
uvec4 channels() { return min(4u * quad + uvec4(0, 1, 2, 3), uvec4(C - 1u)); }

// Word e of a buffer declared as vec4.
#define WORD(t, e) t[(e) >> 2][(e) & 3u]

// Declares vec4 v: the quad's channels in row r of t.
#define LOAD(v, t, r) \
    vec4 v; \
    if (WHOLE) v = t[(r) * quads + quad]; \
    else { \
        uvec4 at_##v = (r) * C + channels(); \
        v = vec4(WORD(t, at_##v.x), WORD(t, at_##v.y), WORD(t, at_##v.z), WORD(t, at_##v.w)); \
    }

// LOAD of channels from, from + 1, ... of rows of stride channels. Where WHOLE
// both are multiples of 4.
#define LOAD_FROM(v, t, r, stride, from) \
    vec4 v; \
    if (WHOLE) v = t[((r) * (stride) + (from)) / 4u + quad]; \
    else { \
        uvec4 at_##v = (r) * (stride) + (from) + channels(); \
        v = vec4(WORD(t, at_##v.x), WORD(t, at_##v.y), WORD(t, at_##v.z), WORD(t, at_##v.w)); \
    }

#define STORE(t, r, v) \
    if (WHOLE) t[(r) * quads + quad] = v; \
    else STORE_TO(t, r, C, 0u, v)

#define STORE_TO(t, r, stride, from, v) \
    if (WHOLE) t[((r) * (stride) + (from)) / 4u + quad] = v; \
    else { \
        uint at_ = (r) * (stride) + (from) + 4u * quad, left_ = C - 4u * quad; \
        WORD(t, at_) = v.x; \
        if (left_ > 1u) WORD(t, at_ + 1u) = v.y; \
        if (left_ > 2u) WORD(t, at_ + 2u) = v.z; \
        if (left_ > 3u) WORD(t, at_ + 3u) = v.w; \
    }
