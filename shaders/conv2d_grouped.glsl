// Shapes of a convolution in channel groups: x [N,H,W,C], w [K][C/groups][R][S], y [N,P,Q,K].
layout(push_constant) uniform Push { int N, H, W, C, P, Q, K, R, S, stride, pad, groups; } push;

int invocation() { return int(gl_GlobalInvocationID.x + 65535 * 64 * gl_WorkGroupID.y); }
