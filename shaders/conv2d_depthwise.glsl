// Shapes of a depthwise convolution: x [N,H,W,C], w [C][R][S], y [N,P,Q,C]. An invocation takes one quad of channels of four
// neighbours along a row. Kernel and stride are specialisation constants, so that the loops over them are unrolled and each
// x is loaded once for all the outputs it serves. The includer sets quad, and has C and quads among its push constants.
#extension GL_EXT_control_flow_attributes : require
layout(constant_id = 1) const int R = 3;
layout(constant_id = 2) const int S = 3;
layout(constant_id = 3) const int STRIDE = 1;
uint quad;
#include "quads.glsl"
#include "divide.glsl"

// What is done on the way: see fused.glsl. Of channels that are a multiple of four.
#ifdef NORM
layout(std430, binding = 2) readonly buffer Norm { vec4 affine[]; };
#define RESULT 3
#elif defined(GRAD)
layout(std430, binding = 2) readonly buffer Norm { vec4 affine[]; };
TENSOR(3, readonly, u)
layout(std430, binding = 4) readonly buffer Batch { vec4 batch[]; };
layout(std430, binding = 5) readonly buffer DBatch { vec4 dbatch[]; };
#define BATCH(i) batch[i]
#define DBATCH(i) dbatch[i]
#define COUNT count
TENSOR(6, readonly, base)
#define RESULT 7
#else
#define RESULT 2
#endif
#define AFFINE(i) affine[i]
#include "fused.glsl"

int invocation() { return int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y); }

// The weights of the quad's channels for a tap.
#define WEIGHT(c, tap) vec4(w[c.x * R * S + tap], w[c.y * R * S + tap], w[c.z * R * S + tap], w[c.w * R * S + tap])
