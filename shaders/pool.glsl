// Windows of k x k pixels over [N,H,W,C] giving [N,outH,outW,C]; an invocation
// owns one vec4 of channels of a line of pixels: integer division is slow on CPU
// drivers.
layout(local_size_x = 64) in;
layout(constant_id = 1) const uint K = 3; // window
layout(constant_id = 2) const uint STRIDE = 2;
const uint T = (K + STRIDE - 1u) / STRIDE; // windows of an axis that can cover a pixel
layout(push_constant) uniform P { uint N, H, W, C, outH, outW, quads, pad; };

uint invocation = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
uint quad = invocation % quads, line = invocation / quads;
#include "quads.glsl"

// Pixels [lo, hi) of the input that window o of an axis covers.
ivec2 covered(uint o, uint extent) {
    int from = int(o * STRIDE) - int(pad);
    return ivec2(max(from, 0), min(from + int(K), int(extent)));
}

// Window t < T, from the last, of those that may cover input pixel i of an axis;
// any number outside [0, outs) if there is none.
int covering(uint i, uint t, uint outs) {
    int p = int(i + pad), o = int((i + pad) / STRIDE) - int(t);
    return p - o * int(STRIDE) < int(K) && o < int(outs) ? o : -1;
}
