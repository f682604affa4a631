#include "shim.h"

#include <stdlib.h>

shim_device *shim_device_new(void *proc, VkInstance instance, VkDevice device, VkQueue queue, uint32_t family) {
    PFN_vkGetDeviceProcAddr get =
        (PFN_vkGetDeviceProcAddr)((PFN_vkGetInstanceProcAddr)proc)(instance, "vkGetDeviceProcAddr");
    shim_device *d = calloc(1, sizeof *d);
    if (!get || !d) goto missing;
    d->handle = device;
    d->queue = queue;
    d->family = family;
#define X(name)                                               \
    d->name = (PFN_vk##name)get(device, "vk" #name);          \
    if (!d->name) goto missing;
    SHIM_DEVICE_FUNCTIONS(X)
#undef X
    d->GetPipelineExecutableProperties =
        (PFN_vkGetPipelineExecutablePropertiesKHR)get(device, "vkGetPipelineExecutablePropertiesKHR");
    d->GetPipelineExecutableStatistics =
        (PFN_vkGetPipelineExecutableStatisticsKHR)get(device, "vkGetPipelineExecutableStatisticsKHR");
    d->GetBufferDeviceAddress = (PFN_vkGetBufferDeviceAddressKHR)get(device, "vkGetBufferDeviceAddressKHR");
    if (!d->GetBufferDeviceAddress)
        d->GetBufferDeviceAddress = (PFN_vkGetBufferDeviceAddressKHR)get(device, "vkGetBufferDeviceAddress");
    return d;
missing:
    free(d);
    return NULL;
}

const VkMemoryAllocateFlagsInfo shim_address_flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                                      .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};

uint64_t shim_buffer_address(shim_device *d, VkBuffer buffer) {
    VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer};
    return d->GetBufferDeviceAddress(d->handle, &info);
}

VkResult shim_fence_create(shim_device *d, VkFence *out) {
    VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    return d->CreateFence(d->handle, &info, NULL, out);
}

VkResult shim_fence_reset(shim_device *d, VkFence fence) { return d->ResetFences(d->handle, 1, &fence); }

VkResult shim_fence_wait(shim_device *d, VkFence fence, uint64_t nanoseconds) {
    return d->WaitForFences(d->handle, 1, &fence, VK_TRUE, nanoseconds);
}

void shim_fence_destroy(shim_device *d, VkFence fence) { d->DestroyFence(d->handle, fence, NULL); }

VkResult shim_submit(shim_device *d, VkCommandBuffer commands, VkFence fence) {
    if (d->fault) return d->fault;
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .commandBufferCount = commands != VK_NULL_HANDLE,
                         .pCommandBuffers = &commands};
    return d->QueueSubmit(d->queue, 1, &info, fence);
}
