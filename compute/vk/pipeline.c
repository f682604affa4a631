#include "shim.h"

#include <stdlib.h>

static VkResult create_layouts(shim_device *d, const shim_kernel_spec *spec, shim_kernel *out) {
    VkDescriptorSetLayoutBinding *bindings = calloc(spec->bindings + 1, sizeof *bindings);
    if (!bindings) return VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; i < spec->bindings; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
                                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                     .descriptorCount = 1,
                                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    VkDescriptorSetLayoutCreateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                           .bindingCount = spec->bindings,
                                           .pBindings = bindings};
    VkResult r = d->CreateDescriptorSetLayout(d->handle, &set, NULL, &out->set);
    free(bindings);
    if (r < 0) return r;

    VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = spec->push_bytes};
    VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                         .setLayoutCount = 1,
                                         .pSetLayouts = &out->set,
                                         .pushConstantRangeCount = spec->push_bytes > 0,
                                         .pPushConstantRanges = &push};
    return d->CreatePipelineLayout(d->handle, &layout, NULL, &out->layout);
}

static VkResult create_pipeline(shim_device *d, VkPipelineCache cache, const shim_kernel_spec *spec,
                                VkShaderModule module, const uint32_t *constants, uint32_t count, shim_kernel *out) {
    VkSpecializationMapEntry *entries = calloc(count + 1, sizeof *entries);
    if (!entries) return VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        entries[i] = (VkSpecializationMapEntry){.constantID = i, .offset = 4 * i, .size = 4};
    VkSpecializationInfo special = {
        .mapEntryCount = count, .pMapEntries = entries, .dataSize = 4 * (size_t)count, .pData = constants};
    VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = spec->subgroup_size};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .pNext = spec->subgroup_size ? &size : NULL,
                  .flags = spec->full_subgroups ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = spec->entry,
                  .pSpecializationInfo = count ? &special : NULL},
        .layout = out->layout};
    VkResult r = d->CreateComputePipelines(d->handle, cache, 1, &info, NULL, &out->pipeline);
    free(entries);
    return r;
}

VkResult shim_kernel_create(shim_device *d, VkPipelineCache cache, shim_kernel_spec spec, const uint32_t *code,
                            size_t code_bytes, const uint32_t *constants, uint32_t constant_count, shim_kernel *out) {
    *out = (shim_kernel){0};
    VkShaderModule module = VK_NULL_HANDLE;
    VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = code_bytes, .pCode = code};
    VkResult r = create_layouts(d, &spec, out);
    if (r >= 0) r = d->CreateShaderModule(d->handle, &info, NULL, &module);
    if (r >= 0) r = create_pipeline(d, cache, &spec, module, constants, constant_count, out);
    if (module) d->DestroyShaderModule(d->handle, module, NULL);
    if (r < 0) {
        shim_kernel_destroy(d, *out);
        *out = (shim_kernel){0};
    }
    return r;
}

void shim_kernel_destroy(shim_device *d, shim_kernel k) {
    d->DestroyPipeline(d->handle, k.pipeline, NULL);
    d->DestroyPipelineLayout(d->handle, k.layout, NULL);
    d->DestroyDescriptorSetLayout(d->handle, k.set, NULL);
}

VkResult shim_cache_create(shim_device *d, const void *data, size_t size, VkPipelineCache *out) {
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO, .initialDataSize = size, .pInitialData = data};
    return d->CreatePipelineCache(d->handle, &info, NULL, out);
}

VkResult shim_cache_data(shim_device *d, VkPipelineCache cache, size_t *size, void *data) {
    return d->GetPipelineCacheData(d->handle, cache, size, data);
}

void shim_cache_destroy(shim_device *d, VkPipelineCache cache) { d->DestroyPipelineCache(d->handle, cache, NULL); }
