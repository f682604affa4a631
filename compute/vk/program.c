// Recording: a whole program in three calls, whatever its length.
#include "shim.h"

#include <stdlib.h>

enum {
    COMPUTE = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
    TRANSFER = VK_PIPELINE_STAGE_TRANSFER_BIT,
    HOST = VK_PIPELINE_STAGE_HOST_BIT,
};

static VkResult write_sets(shim_device *d, uint32_t set_count, const VkDescriptorSet *sets,
                           const shim_binding *bindings, uint32_t count) {
    VkDescriptorBufferInfo *buffers = calloc(count + 1, sizeof *buffers);
    VkWriteDescriptorSet *writes = calloc(count + 1, sizeof *writes);
    VkResult r = buffers && writes ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; r == VK_SUCCESS && i < count; i++) {
        if (bindings[i].set >= set_count) {
            r = VK_ERROR_UNKNOWN;
            break;
        }
        buffers[i] = (VkDescriptorBufferInfo){bindings[i].buffer, bindings[i].at, bindings[i].bytes};
        writes[i] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                           .dstSet = sets[bindings[i].set],
                                           .dstBinding = bindings[i].binding,
                                           .descriptorCount = 1,
                                           .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                           .pBufferInfo = &buffers[i]};
    }
    if (r == VK_SUCCESS) d->UpdateDescriptorSets(d->handle, count, writes, 0, NULL);
    free(buffers);
    free(writes);
    return r;
}

static VkResult create_sets(shim_device *d, const uint64_t *layouts, uint32_t set_count, const shim_binding *bindings,
                            uint32_t binding_count, shim_program *p) {
    if (!set_count) return VK_SUCCESS;
    VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, binding_count ? binding_count : 1};
    VkDescriptorPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                       .maxSets = set_count,
                                       .poolSizeCount = 1,
                                       .pPoolSizes = &size};
    VkResult r = d->CreateDescriptorPool(d->handle, &pool, NULL, &p->descriptors);
    if (r < 0) return r;
    p->sets = calloc(set_count, sizeof *p->sets);
    if (!p->sets) return VK_ERROR_OUT_OF_HOST_MEMORY;
    VkDescriptorSetAllocateInfo sets = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                        .descriptorPool = p->descriptors,
                                        .descriptorSetCount = set_count,
                                        .pSetLayouts = (const VkDescriptorSetLayout *)layouts};
    r = d->AllocateDescriptorSets(d->handle, &sets, p->sets);
    if (r < 0) return r;
    return write_sets(d, set_count, p->sets, bindings, binding_count);
}

VkResult shim_program_create(shim_device *d, const uint64_t *layouts, uint32_t set_count, const shim_binding *bindings,
                             uint32_t binding_count, shim_program *out) {
    *out = (shim_program){0};
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .queueFamilyIndex = d->family};
    VkResult r = create_sets(d, layouts, set_count, bindings, binding_count, out);
    if (r >= 0) r = d->CreateCommandPool(d->handle, &pool, NULL, &out->commands);
    if (r < 0) shim_program_destroy(d, out);
    return r;
}

// barrier makes what the stages in from wrote visible to the stages in to.
static void barrier(shim_device *d, VkCommandBuffer c, uint32_t from, uint32_t to) {
    VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER};
    if (from & COMPUTE) b.srcAccessMask |= VK_ACCESS_SHADER_WRITE_BIT;
    if (from & TRANSFER) b.srcAccessMask |= VK_ACCESS_TRANSFER_WRITE_BIT;
    if (to & COMPUTE) b.dstAccessMask |= VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    if (to & TRANSFER) b.dstAccessMask |= VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
    if (to & HOST) b.dstAccessMask |= VK_ACCESS_HOST_READ_BIT;
    d->CmdPipelineBarrier(c, from, to, 0, 1, &b, 0, NULL, 0, NULL);
}

static void record_op(shim_device *d, shim_program *p, VkCommandBuffer c, const shim_op *op, const uint8_t *push,
                      VkPipeline *bound) {
    switch (op->kind) {
    case SHIM_DISPATCH:
        if (*bound != op->pipeline) {
            d->CmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, op->pipeline);
            *bound = op->pipeline;
        }
        d->CmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, op->layout, 0, 1, &p->sets[op->set], 0, NULL);
        if (op->push_bytes)
            d->CmdPushConstants(c, op->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, op->push_bytes, push + op->push_at);
        d->CmdDispatch(c, op->groups[0], op->groups[1], op->groups[2]);
        break;
    case SHIM_COPY: {
        VkBufferCopy region = {op->src_at, op->dst_at, op->bytes};
        d->CmdCopyBuffer(c, op->src, op->dst, 1, &region);
        break;
    }
    case SHIM_FILL:
        d->CmdFillBuffer(c, op->dst, op->dst_at, op->bytes, op->word);
        break;
    }
}

static VkResult create_queries(shim_device *d, shim_program *p, uint32_t count) {
    VkQueryPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP, .queryCount = count};
    return d->CreateQueryPool(d->handle, &info, NULL, &p->timestamps);
}

VkResult shim_program_record(shim_device *d, shim_program *p, const shim_op *ops, uint32_t op_count,
                             const uint8_t *push, int timestamps) {
    VkCommandBuffer c;
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandPool = p->commands,
                                            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                            .commandBufferCount = 1};
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = timestamps ? 0 : VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT};
    VkResult r = VK_SUCCESS;
    if (timestamps && !p->timestamps) r = create_queries(d, p, op_count + 1);
    if (r >= 0) r = d->AllocateCommandBuffers(d->handle, &allocate, &c);
    if (r >= 0) r = d->BeginCommandBuffer(c, &begin);
    if (r < 0) return r;

    uint32_t stages = COMPUTE; // of this program's operations
    for (uint32_t i = 0; i < op_count; i++)
        if (ops[i].kind != SHIM_DISPATCH) stages |= TRANSFER;

    // Whatever was submitted before may write what this program reads, and the
    // host reads what it writes once its fence is passed.
    barrier(d, c, COMPUTE | TRANSFER, stages);
    if (timestamps) {
        d->CmdResetQueryPool(c, p->timestamps, 0, op_count + 1);
        d->CmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, p->timestamps, 0);
    }
    VkPipeline bound = VK_NULL_HANDLE;
    for (uint32_t i = 0; i < op_count; i++) {
        // Timed operations are kept apart, so that each has its own time.
        if (timestamps)
            barrier(d, c, stages, stages);
        else if (ops[i].wait)
            barrier(d, c, ops[i].wait, stages);
        record_op(d, p, c, &ops[i], push, &bound);
        if (timestamps) d->CmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, p->timestamps, i + 1);
    }
    barrier(d, c, stages, HOST);
    r = d->EndCommandBuffer(c);
    if (r < 0) return r;
    if (timestamps)
        p->profile = c;
    else
        p->step = c;
    return VK_SUCCESS;
}

VkResult shim_program_times(shim_device *d, shim_program *p, uint32_t count, uint64_t *ticks) {
    return d->GetQueryPoolResults(d->handle, p->timestamps, 0, count, count * sizeof *ticks, ticks, sizeof *ticks,
                                  VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
}

void shim_program_destroy(shim_device *d, shim_program *p) {
    d->DestroyQueryPool(d->handle, p->timestamps, NULL);
    d->DestroyCommandPool(d->handle, p->commands, NULL);
    d->DestroyDescriptorPool(d->handle, p->descriptors, NULL);
    free(p->sets);
    *p = (shim_program){0};
}
