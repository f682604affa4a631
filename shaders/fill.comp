#version 450
// y[i] = word, for all i. Four vec4 an invocation; count is in words.
layout(local_size_x = 64) in;

layout(push_constant) uniform Push {
    uint count;
    uint word;
};
layout(std430, set = 0, binding = 0) writeonly buffer Y4 { uvec4 y4[]; };

void main() {
    uint quads = (count + 3) / 4; // buffers are padded to 256 bytes, so the last quad is whole
    uint first = gl_GlobalInvocationID.x * 4;
    for (uint i = first; i < min(first + 4, quads); i++)
        y4[i] = uvec4(word);
}
