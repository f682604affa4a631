// Writes the subgroup size and a broadcast from lane 1.
#version 450
#extension GL_KHR_shader_subgroup_ballot : require
layout(local_size_x = 64) in;
layout(binding = 0) writeonly buffer Y { uint y[]; };

void main() {
    uint lane = subgroupBroadcast(gl_SubgroupInvocationID, 1u);
    y[gl_LocalInvocationID.x] = gl_SubgroupSize + 1000u * lane;
}
