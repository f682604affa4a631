// d = a*b + c with one cooperative multiply, fp16 in and fp32 out, row major.
// Compiled with a glslc that has GL_KHR_cooperative_matrix (2025.2 or newer).
#version 450
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#pragma use_vulkan_memory_model
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint M = 16;
layout(constant_id = 2) const uint N = 16;
layout(constant_id = 3) const uint K = 16;
layout(binding = 0) readonly buffer A { float16_t a[]; };
layout(binding = 1) readonly buffer B { float16_t b[]; };
layout(binding = 2) readonly buffer C { float c[]; };
layout(binding = 3) writeonly buffer D { float d[]; };

void main() {
    coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> ma;
    coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> mb;
    coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> mc;
    coopMatLoad(ma, a, 0, K, gl_CooperativeMatrixLayoutRowMajor);
    coopMatLoad(mb, b, 0, N, gl_CooperativeMatrixLayoutRowMajor);
    coopMatLoad(mc, c, 0, N, gl_CooperativeMatrixLayoutRowMajor);
    coopMatStore(coopMatMulAdd(ma, mb, mc), d, 0, N, gl_CooperativeMatrixLayoutRowMajor);
}
