// Elementwise kernels: one invocation takes four vec4, 64 apart, of a tensor
// seen as vec4; 64 invocations a workgroup, 1024 elements. Tensors are bound up
// to the end of their last vec4, so no tail is treated apart.
//
//   void main() { FOR_EACH_VEC4(i, n) y[i] = max(x[i], 0.0); }
layout(local_size_x = 64) in;

uint first_vec4() {
    return (gl_WorkGroupID.x + 65535u * gl_WorkGroupID.y) * 256u + gl_LocalInvocationID.x;
}

#define FOR_EACH_VEC4(i, n) \
    for (uint i = first_vec4(), i##_end = min(i + 256u, ((n) + 3u) / 4u); i < i##_end; i += 64u)
