// bias[i, h, j] = table[relative position of tokens i and j of a window, h], 0 for j past the last token. See
// relative_bias.glsl. One invocation per vec4 of the bias.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint window, heads, quads; };
layout(binding = 0) readonly buffer Table { float table[]; }; // [(2*window-1)^2, heads]
layout(binding = 1) writeonly buffer Bias { vec4 bias[]; };   // [tokens, heads, quads]

void main() {
    uint at = gl_GlobalInvocationID.x + 65535u * 64u * gl_WorkGroupID.y, tokens = window * window;
    if (at >= tokens * heads * quads) return;
    uint i = at / (heads * quads), head = at / quads % heads, side = 2u * window - 1u;
    vec4 v = vec4(0);
    for (uint k = 0u; k < 4u; k++) {
        uint j = 4u * (at % quads) + k;
        if (j >= tokens) break;
        uint down = i / window + window - 1u - j / window, right = i % window + window - 1u - j % window;
        v[k] = table[(down * side + right) * heads + head];
    }
    bias[at] = v;
}
