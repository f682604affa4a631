// Float data in 64-bit words: on CPU drivers a load or store costs per component, not per byte.
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

#define wide4 u64vec2 // four floats
#define wide8 u64vec4 // eight floats

vec4 all4(wide4 v) { return uintBitsToFloat(uvec4(unpackUint2x32(v.x), unpackUint2x32(v.y))); }
vec4 first4(wide8 v) { return all4(v.xy); }
vec4 last4(wide8 v) { return all4(v.zw); }
wide4 toWide4(vec4 v) { uvec4 u = floatBitsToUint(v); return wide4(packUint2x32(u.xy), packUint2x32(u.zw)); }
