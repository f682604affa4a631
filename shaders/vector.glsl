// Loads of a CPU's vector registers, for drivers whose compiler keeps what a subgroup of eight has in common in scalars and joins the loads of
// neighbouring scalars (Features.Vectors). Buffers are known by their addresses, which need no check of bounds between the loads; the
// distance of two loads must be a constant, or it does not see that they are neighbours. Addresses count bytes.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_KHR_shader_subgroup_basic : require

layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Floats { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) writeonly buffer Pairs { uint64_t v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer ReadPairs { uint64_t v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) writeonly buffer Singles { float v[]; };

// after is the address n floats after f.
uint64_t after(Floats f, int n) { return uint64_t(f) + uint64_t(int64_t(n) * 4l); }

// eight floats, one for each lane.
float eight(Floats f, int at) {
    const uint lane = gl_SubgroupInvocationID;
    float x0 = f.v[at], x1 = f.v[at + 1], x2 = f.v[at + 2], x3 = f.v[at + 3];
    float x4 = f.v[at + 4], x5 = f.v[at + 5], x6 = f.v[at + 6], x7 = f.v[at + 7];
    float r = mix(x0, x1, lane == 1);
    r = mix(r, x2, lane == 2);
    r = mix(r, x3, lane == 3);
    r = mix(r, x4, lane == 4);
    r = mix(r, x5, lane == 5);
    r = mix(r, x6, lane == 6);
    return mix(r, x7, lane == 7);
}

// storePairs stores two floats for each lane, one behind the other, from pair number `at` on.
void storePairs(Pairs p, int at, float first, float second) {
    p.v[at + int(gl_SubgroupInvocationID)] = packUint2x32(floatBitsToUint(vec2(first, second)));
}

// thirty_two floats from vec4 number `at` on: four of each lane, 8 apart, so that lane l has numbers l, l + 8, l + 16 and l + 24.
vec4 thirty_two(Floats f, int at) {
    uint64_t from = after(f, 4 * at);
    return vec4(eight(Floats(from), 0), eight(Floats(from), 8), eight(Floats(from), 16), eight(Floats(from), 24));
}

// store4 stores four floats of each lane, one behind the other, from vec4 number `at` on: what thirty_two loads in one order lies in
// another then, number 8q + l at place 4l + q.
void store4(Pairs p, int at, vec4 x) {
    uvec4 bits = floatBitsToUint(x);
    int lane = 2 * (at + int(gl_SubgroupInvocationID));
    p.v[lane] = packUint2x32(bits.xy);
    p.v[lane + 1] = packUint2x32(bits.zw);
}

// load4 loads what store4 stores.
vec4 load4(ReadPairs p, int at) {
    int lane = 2 * (at + int(gl_SubgroupInvocationID));
    return uintBitsToFloat(uvec4(unpackUint2x32(p.v[lane]), unpackUint2x32(p.v[lane + 1])));
}
