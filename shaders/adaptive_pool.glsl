// Average pooling of [N,H,W,C] to [N,outH,outW,C]: window o of an axis covers the
// pixels from floor(o in / out) to ceil((o + 1) in / out), as torch's
// AdaptiveAvgPool2d has them. An invocation owns one vec4 of channels of a pixel.
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint N, H, W, C, outH, outW, quads; };

uint invocation = (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 64u + gl_LocalInvocationID.x;
uint quad = invocation % quads, pixel = invocation / quads;
#include "quads.glsl"

// First and end of the pixels of window o or, with the extents exchanged, of the
// windows that cover pixel o.
uvec2 span(uint o, uint size, uint outs) { return uvec2(o * size / outs, ((o + 1u) * size + outs - 1u) / outs); }
