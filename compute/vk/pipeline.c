#include "shim.h"

#include <stdio.h>
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
    uint32_t *data = calloc(count + 1, sizeof *data);
    if (!entries || !data) {
        free(entries);
        free(data);
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = (VkSpecializationMapEntry){.constantID = i, .offset = 4 * i, .size = 4};
        data[i] = constants[i];
    }
    if (spec->halves) {
        entries[count] = (VkSpecializationMapEntry){.constantID = SHIM_HALVES, .offset = 4 * count, .size = 4};
        data[count++] = spec->halves;
    }
    VkSpecializationInfo special = {
        .mapEntryCount = count, .pMapEntries = entries, .dataSize = 4 * (size_t)count, .pData = data};
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
        .flags = spec->statistics ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0,
        .layout = out->layout};
    VkResult r = d->CreateComputePipelines(d->handle, cache, 1, &info, NULL, &out->pipeline);
    free(entries);
    free(data);
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

// number is the value of a statistic, whatever its format.
static double number(const VkPipelineExecutableStatisticKHR *s) {
    switch (s->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: return s->value.b32;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: return (double)s->value.i64;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: return (double)s->value.u64;
    default: return s->value.f64;
    }
}

VkResult shim_kernel_statistics(shim_device *d, shim_kernel k, shim_statistic *out, uint32_t *count,
                                uint32_t *subgroup_size) {
    VkPipelineInfoKHR pipeline = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = k.pipeline};
    VkPipelineExecutablePropertiesKHR first = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t n = 1, most = *count; // a compute pipeline is one executable
    *count = 0;
    VkResult r = d->GetPipelineExecutableProperties(d->handle, &pipeline, &n, &first);
    if (r < 0 || n == 0) return r;
    *subgroup_size = first.subgroupSize;
    VkPipelineExecutableInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = k.pipeline};
    VkPipelineExecutableStatisticKHR *list = calloc(most + 1, sizeof *list);
    if (!list) return VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; i < most; i++) list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    n = most;
    r = d->GetPipelineExecutableStatistics(d->handle, &info, &n, list);
    for (uint32_t i = 0; r >= 0 && i < n; i++) {
        snprintf(out[i].name, sizeof out[i].name, "%s", list[i].name);
        out[i].value = number(&list[i]);
    }
    if (r >= 0) *count = n;
    free(list);
    return r;
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
