// Philox4x32-10 (Salmon et al. 2011): four random words from a counter and a
// key, the same as nn.RNG on the host.
uvec4 philox(uvec4 counter, uvec2 key) {
    for (int round = 0; round < 10; round++) {
        uint hi0, lo0, hi1, lo1;
        umulExtended(0xD2511F53u, counter.x, hi0, lo0);
        umulExtended(0xCD9E8D57u, counter.z, hi1, lo1);
        counter = uvec4(hi1 ^ counter.y ^ key.x, lo1, hi0 ^ counter.w ^ key.y, lo0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

// Numbers 4 i to 4 i + 3 of a step of a stream, multiples of 2^-24 in [0, 1), from
// seed = nn.RNG.SeedAt: seed lo, seed hi, stream, step.
vec4 uniform4(uvec4 seed, uint i) {
    return vec4(philox(uvec4(i, seed.w, seed.z, 0u), seed.xy) >> 8u) * 5.9604644775390625e-8; // 2^-24
}
