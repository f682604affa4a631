// Feature queries that are newer than the binding, each asked for only where
// the device lists the extension (or has the core version that took it in).
#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Cooperative matrix, declared here because distributions still ship headers
// from before 1.3.255.
enum {
    STRUCTURE_MATRIX_FEATURES = 1000506000,
    STRUCTURE_MATRIX_PROPERTIES = 1000506001,
};

typedef struct {
    VkStructureType sType;
    void *pNext;
    VkBool32 cooperativeMatrix, cooperativeMatrixRobustBufferAccess;
} matrix_features;

typedef struct {
    VkStructureType sType;
    void *pNext;
    uint32_t m, n, k, a, b, c, result;
    VkBool32 saturating;
    uint32_t scope;
} matrix_properties;

typedef VkResult(VKAPI_PTR *matrix_query)(VkPhysicalDevice, uint32_t *, matrix_properties *);

typedef struct {
    VkPhysicalDeviceFeatures2 core;
    VkPhysicalDevice16BitStorageFeatures storage16;
    VkPhysicalDevice8BitStorageFeatures storage8;
    VkPhysicalDeviceShaderFloat16Int8Features small;
    VkPhysicalDeviceVulkanMemoryModelFeatures model;
    VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures extended;
    VkPhysicalDeviceSubgroupSizeControlFeatures size;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables;
    VkPhysicalDeviceBufferDeviceAddressFeatures addresses;
    matrix_features matrix;
} chain;

static void link_chain(chain *c, uint32_t listed) {
    void **next = &c->core.pNext;
    c->core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
#define LINK(field, type)       \
    do {                        \
        c->field.sType = type;  \
        *next = &c->field;      \
        next = &c->field.pNext; \
    } while (0)
    LINK(storage16, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    if (listed & SHIM_8BIT_STORAGE) LINK(storage8, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES);
    if (listed & SHIM_FLOAT16_INT8) LINK(small, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
    if (listed & SHIM_MEMORY_MODEL) LINK(model, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES);
    if (listed & SHIM_EXTENDED_TYPES)
        LINK(extended, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES);
    if (listed & SHIM_SIZE_CONTROL) LINK(size, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES);
    if (listed & SHIM_EXECUTABLES)
        LINK(executables, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR);
    if (listed & SHIM_ADDRESSES) LINK(addresses, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES);
    if (listed & SHIM_COOPERATIVE_MATRIX) LINK(matrix, (VkStructureType)STRUCTURE_MATRIX_FEATURES);
#undef LINK
}

static void query_properties(VkPhysicalDevice device, PFN_vkGetPhysicalDeviceProperties2 get, shim_features *f) {
    VkPhysicalDeviceSubgroupSizeControlProperties size = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceSubgroupProperties subgroup = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceMaintenance3Properties allocation = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, .pNext = &subgroup};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &allocation};
    void **next = &subgroup.pNext;
    if (f->listed & SHIM_SIZE_CONTROL) {
        *next = &size;
        next = &size.pNext;
    }
    if (f->listed & SHIM_DRIVER_PROPERTIES) *next = &driver;
    get(device, &properties);

    f->allocation = allocation.maxMemoryAllocationSize;
    f->subgroup_size = subgroup.subgroupSize;
    if (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) f->subgroup_operations = subgroup.supportedOperations;
    f->subgroup_min = f->subgroup_max = f->subgroup_size;
    if (f->listed & SHIM_SIZE_CONTROL) {
        f->subgroup_min = size.minSubgroupSize;
        f->subgroup_max = size.maxSubgroupSize;
        f->required_size = (size.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    }
    memcpy(f->driver, driver.driverName, sizeof f->driver);
    memcpy(f->driver_info, driver.driverInfo, sizeof f->driver_info);
}

void shim_features_query(void *proc, VkInstance instance, VkPhysicalDevice device, shim_features *f) {
    PFN_vkGetInstanceProcAddr get = (PFN_vkGetInstanceProcAddr)proc;
    PFN_vkGetPhysicalDeviceFeatures2 features =
        (PFN_vkGetPhysicalDeviceFeatures2)get(instance, "vkGetPhysicalDeviceFeatures2");
    PFN_vkGetPhysicalDeviceProperties2 properties =
        (PFN_vkGetPhysicalDeviceProperties2)get(instance, "vkGetPhysicalDeviceProperties2");
    if (!features || !properties) return;

    chain c = {0};
    link_chain(&c, f->listed);
    features(device, &c.core);
    f->float64 = c.core.features.shaderFloat64;
    f->int16 = c.core.features.shaderInt16;
    f->int64 = c.core.features.shaderInt64;
    f->storage16 = c.storage16.storageBuffer16BitAccess;
    f->storage8 = c.storage8.storageBuffer8BitAccess;
    f->float16 = c.small.shaderFloat16;
    f->int8 = c.small.shaderInt8;
    f->memory_model = c.model.vulkanMemoryModel;
    f->memory_model_device_scope = c.model.vulkanMemoryModelDeviceScope;
    f->extended_types = c.extended.shaderSubgroupExtendedTypes;
    f->size_control = c.size.subgroupSizeControl;
    f->full_subgroups = c.size.computeFullSubgroups;
    f->executables = c.executables.pipelineExecutableInfo;
    f->addresses = c.addresses.bufferDeviceAddress;
    f->cooperative_matrix = c.matrix.cooperativeMatrix;
    query_properties(device, properties, f);
}

void *shim_features_chain(const shim_features *f) {
    chain *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    link_chain(c, f->listed);
    c->core.features.shaderFloat64 = f->float64;
    c->core.features.shaderInt16 = f->int16;
    c->core.features.shaderInt64 = f->int64;
    c->storage16.storageBuffer16BitAccess = f->storage16;
    c->storage8.storageBuffer8BitAccess = f->storage8;
    c->small.shaderFloat16 = f->float16;
    c->small.shaderInt8 = f->int8;
    c->model.vulkanMemoryModel = f->memory_model;
    c->model.vulkanMemoryModelDeviceScope = f->memory_model_device_scope;
    c->extended.shaderSubgroupExtendedTypes = f->extended_types;
    c->size.subgroupSizeControl = f->size_control;
    c->size.computeFullSubgroups = f->full_subgroups;
    c->executables.pipelineExecutableInfo = f->executables;
    c->addresses.bufferDeviceAddress = f->addresses;
    c->matrix.cooperativeMatrix = f->cooperative_matrix;
    return c;
}

uint32_t shim_matrices(void *proc, VkInstance instance, VkPhysicalDevice device, shim_matrix *out, uint32_t capacity) {
    PFN_vkGetInstanceProcAddr get = (PFN_vkGetInstanceProcAddr)proc;
    matrix_query query = (matrix_query)get(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    uint32_t count = 0;
    if (!query || query(device, &count, NULL) < 0 || !count) return 0;
    if (count > capacity) count = capacity;
    matrix_properties *p = calloc(count, sizeof *p);
    if (!p) return 0;
    for (uint32_t i = 0; i < count; i++) p[i].sType = (VkStructureType)STRUCTURE_MATRIX_PROPERTIES;
    if (query(device, &count, p) < 0) count = 0;
    for (uint32_t i = 0; i < count; i++)
        out[i] = (shim_matrix){p[i].m, p[i].n, p[i].k, p[i].a, p[i].b, p[i].c, p[i].result, p[i].saturating, p[i].scope};
    free(p);
    return count;
}

uint64_t shim_host_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes : 0;
}
