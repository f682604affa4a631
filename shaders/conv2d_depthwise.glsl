// Shapes of a depthwise convolution: x [N,H,W,C4*4], w [C4*4][R][S], y [N,P,Q,C4*4]. An invocation takes one vec4 of
// channels of four neighbours along a row. Kernel and stride are specialisation constants, so that the loops over them are
// unrolled and each x is loaded once for all the outputs it serves.
#extension GL_EXT_control_flow_attributes : require
layout(constant_id = 0) const int R = 3;
layout(constant_id = 1) const int S = 3;
layout(constant_id = 2) const int STRIDE = 1;

int invocation() { return int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y); }

#define WEIGHT(c, tap) vec4(w[(c * 4) * R * S + tap], w[(c * 4 + 1) * R * S + tap], w[(c * 4 + 2) * R * S + tap], w[(c * 4 + 3) * R * S + tap])
