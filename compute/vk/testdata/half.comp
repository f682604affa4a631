// y = 2x in fp16 arithmetic and storage.
#version 450
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
layout(local_size_x = 8) in;
layout(binding = 0) readonly buffer X { float16_t x[]; };
layout(binding = 1) writeonly buffer Y { float16_t y[]; };

void main() { y[gl_GlobalInvocationID.x] = x[gl_GlobalInvocationID.x] * float16_t(2.0); }
