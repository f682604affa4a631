// dtable[r, h] = sum of dbias[i, h, j] over the tokens i and j of a window whose relative position is r. One invocation per
// number of the table.
#version 450
layout(local_size_x = 64) in;
layout(push_constant) uniform P { uint window, heads, quads; };
layout(binding = 0) readonly buffer DBias { float dbias[]; }; // [tokens, heads, 4 * quads]
layout(binding = 1) writeonly buffer DTable { float dtable[]; }; // [(2*window-1)^2, heads]

void main() {
    uint at = gl_GlobalInvocationID.x + 65535u * 64u * gl_WorkGroupID.y, side = 2u * window - 1u;
    if (at >= side * side * heads) return;
    uint head = at % heads;
    int down = int(at / heads / side) - int(window) + 1, right = int(at / heads % side) - int(window) + 1;
    float sum = 0.0;
    for (int y = max(down, 0); y < int(window) + min(down, 0); y++)
        for (int x = max(right, 0); x < int(window) + min(right, 0); x++) {
            uint i = uint(y) * window + uint(x), j = uint(y - down) * window + uint(x - right);
            sum += dbias[(i * heads + head) * 4u * quads + j];
        }
    dtable[at] = sum;
}
