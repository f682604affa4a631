// Tensors of float32 or fp16. A kernel reads and writes them by these macros and computes in float32. In a variant built with
// HALF, called NAME_half unless it takes matrices, bit i of HALVES says that binding i holds fp16; all others are float32 alone.
//
//   TENSOR(0, readonly, x)   declares x of vec4, FLOATS(0, readonly, x) of float
//   GET(x, i)  PUT(y, i, v)  element i of it
//   GET1(x, i) PUT1(y, i, v) number i of a tensor of vec4
#ifdef HALF
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
layout(constant_id = 31) const uint HALVES = 0u;

#define TENSOR_OF(i, access, t, full, half) \
    layout(std430, binding = i) access buffer t##_Full { full t[]; }; \
    layout(std430, binding = i) access buffer t##_Half { half t##_half[]; }; \
    const bool t##_is_half = (HALVES & (1u << i)) != 0u;
#define TENSOR(i, access, t) TENSOR_OF(i, access, t, vec4, f16vec4)
#define FLOATS(i, access, t) TENSOR_OF(i, access, t, float, float16_t)

// The nearest fp16. What is beyond the largest becomes that, with its sign, and not infinite; NaN stays.
const float LARGEST = 65504.0;
f16vec4 narrow(vec4 v) { return f16vec4(mix(clamp(v, -LARGEST, LARGEST), v, isnan(v))); }
float16_t narrow(float v) { return float16_t(isnan(v) ? v : clamp(v, -LARGEST, LARGEST)); }
vec4 widen(f16vec4 v) { return vec4(v); }
float widen(float16_t v) { return float(v); }

#define GET(t, i) (t##_is_half ? widen(t##_half[i]) : t[i])
#define GET1(t, e) (t##_is_half ? widen(t##_half[(e) >> 2][(e) & 3u]) : t[(e) >> 2][(e) & 3u])
#define PUT(t, i, v) if (t##_is_half) t##_half[i] = narrow(v); else t[i] = v
#define PUT1(t, e, v) if (t##_is_half) t##_half[(e) >> 2][(e) & 3u] = narrow(v); else t[(e) >> 2][(e) & 3u] = v
#define GET_HALF(t, i) (t##_is_half ? t##_half[i] : narrow(t[i])) // as fp16
#else
#define TENSOR(i, access, t) layout(binding = i) access buffer t##_Full { vec4 t[]; };
#define FLOATS(i, access, t) layout(std430, binding = i) access buffer t##_Full { float t[]; };
#define GET(t, i) t[i]
#define GET1(t, e) t[(e) >> 2][(e) & 3u]
#define PUT(t, i, v) t[i] = v
#define PUT1(t, e, v) t[(e) >> 2][(e) & 3u] = v
#endif
