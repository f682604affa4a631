// Windows of k x k pixels over [N,H,W,C] giving [N,outH,outW,C]; an invocation
// owns one vec4 of channels of one pixel.
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint N, H, W, C, outH, outW, quads, k, stride, pad; };

uint invocation = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
uint quad = invocation % quads, pixel = invocation / quads;
#include "quads.glsl"

// Pixels [lo, hi) of the input that window o of an axis covers.
uvec2 covered(uint o, uint extent) {
    int from = int(o * stride) - int(pad);
    return uvec2(max(from, 0), min(from + int(k), int(extent)));
}

// Windows [lo, hi) of an axis that cover input pixel i.
uvec2 covering(uint i, uint outs) {
    int p = int(i + pad), s = int(stride);
    int lo = p < int(k) ? 0 : (p - int(k)) / s + 1;
    return uvec2(lo, max(lo, min(p / s + 1, int(outs))));
}
