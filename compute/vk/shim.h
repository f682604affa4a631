// The C side of package vk: what the binding cannot do safely or at all.
//
// The binding covers Vulkan 1.1 and hands Go memory to C; here are the newer
// feature queries, the debug messenger and every call made per kernel, program
// or step. All arguments are handles and flat arrays of plain numbers, so that
// nothing here outlives the call or depends on Go's collector.
#ifndef RETA_VK_SHIM_H
#define RETA_VK_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

_Static_assert(sizeof(void *) == 8, "package vk needs a 64-bit system");

// loader.c

// shim_loader_open opens the Vulkan loader and returns its
// vkGetInstanceProcAddr, or NULL with the reason in why.
void *shim_loader_open(const char *file, char *why, size_t size);

// features.c

enum { // extensions listed by a device, bits of shim_features.listed
    SHIM_FLOAT16_INT8 = 1,
    SHIM_8BIT_STORAGE = 2,
    SHIM_MEMORY_MODEL = 4,
    SHIM_SIZE_CONTROL = 8,
    SHIM_COOPERATIVE_MATRIX = 16,
    SHIM_DRIVER_PROPERTIES = 32,
    SHIM_EXTENDED_TYPES = 64,
    SHIM_EXECUTABLES = 128,
    SHIM_ADDRESSES = 256,
};

typedef struct {
    uint32_t listed;
    uint32_t float16, float64, int8, int16, int64;
    uint32_t storage8, storage16;
    uint32_t memory_model, memory_model_device_scope;
    uint32_t extended_types; // subgroup operations on 8, 16 and 64 bit types
    uint32_t size_control, full_subgroups;
    uint32_t cooperative_matrix;
    uint32_t executables; // the driver says what its compiler made of a pipeline
    uint32_t addresses;   // of buffers, for shaders
    // properties, not switched on
    uint32_t subgroup_size, subgroup_min, subgroup_max;
    uint32_t subgroup_operations; // VkSubgroupFeatureFlags, 0 when not in compute shaders
    uint32_t required_size;       // a compute stage may require its subgroup size
    uint64_t allocation;          // bytes of the largest memory block
    char driver[VK_MAX_DRIVER_NAME_SIZE];
    char driver_info[VK_MAX_DRIVER_INFO_SIZE];
} shim_features;

typedef struct {
    uint32_t m, n, k, a, b, c, result, saturating, scope;
} shim_matrix;

// shim_features_query fills f from the device; f->listed is input.
void shim_features_query(void *proc, VkInstance instance, VkPhysicalDevice device, shim_features *f);
// shim_matrices lists the cooperative matrix shapes. Call it only when the
// extension is listed: loaders give a pointer that leads nowhere otherwise.
uint32_t shim_matrices(void *proc, VkInstance instance, VkPhysicalDevice device, shim_matrix *out, uint32_t capacity);
// shim_features_chain returns the pNext chain that enables f; release with free.
void *shim_features_chain(const shim_features *f);
// shim_host_memory returns the bytes of memory in this machine.
uint64_t shim_host_memory(void);

// messenger.c

typedef struct shim_messages shim_messages;
shim_messages *shim_messages_new(void);
void shim_messages_free(shim_messages *m);
// shim_messages_take returns the texts so far, to be freed, or NULL.
char *shim_messages_take(shim_messages *m);
// shim_messages_chain returns a pNext chain for instance creation; release with free.
void *shim_messages_chain(shim_messages *m);
VkResult shim_messenger_create(void *proc, VkInstance instance, shim_messages *m, VkDebugUtilsMessengerEXT *out);
void shim_messenger_destroy(void *proc, VkInstance instance, VkDebugUtilsMessengerEXT messenger);

// device.c

#define SHIM_DEVICE_FUNCTIONS(X)                                                                       \
    X(CreateShaderModule) X(DestroyShaderModule)                                                       \
    X(CreateDescriptorSetLayout) X(DestroyDescriptorSetLayout)                                         \
    X(CreatePipelineLayout) X(DestroyPipelineLayout)                                                   \
    X(CreateComputePipelines) X(DestroyPipeline)                                                       \
    X(CreatePipelineCache) X(DestroyPipelineCache) X(GetPipelineCacheData)                             \
    X(CreateDescriptorPool) X(DestroyDescriptorPool) X(AllocateDescriptorSets) X(UpdateDescriptorSets) \
    X(CreateCommandPool) X(DestroyCommandPool) X(AllocateCommandBuffers)                               \
    X(BeginCommandBuffer) X(EndCommandBuffer)                                                          \
    X(CmdBindPipeline) X(CmdBindDescriptorSets) X(CmdPushConstants) X(CmdDispatch)                     \
    X(CmdCopyBuffer) X(CmdFillBuffer) X(CmdPipelineBarrier)                                            \
    X(CmdResetQueryPool) X(CmdWriteTimestamp)                                                          \
    X(CreateQueryPool) X(DestroyQueryPool) X(GetQueryPoolResults)                                      \
    X(CreateFence) X(DestroyFence) X(ResetFences) X(WaitForFences) X(QueueSubmit)

typedef struct {
    VkDevice handle;
    VkQueue queue;
    uint32_t family;
    VkResult fault; // what the next submit answers instead of submitting; for tests
    // NULL on a device without SHIM_EXECUTABLES
    PFN_vkGetPipelineExecutablePropertiesKHR GetPipelineExecutableProperties;
    PFN_vkGetPipelineExecutableStatisticsKHR GetPipelineExecutableStatistics;
    PFN_vkGetBufferDeviceAddressKHR GetBufferDeviceAddress; // NULL on a device without SHIM_ADDRESSES
#define X(name) PFN_vk##name name;
    SHIM_DEVICE_FUNCTIONS(X)
#undef X
} shim_device;

// shim_device_new loads the device's entry points; release with free. NULL
// when one is missing.
shim_device *shim_device_new(void *proc, VkInstance instance, VkDevice device, VkQueue queue, uint32_t family);

// shim_buffer_address returns where shaders find a buffer that has memory of
// shim_address_flags and the usage for it.
uint64_t shim_buffer_address(shim_device *d, VkBuffer buffer);
extern const VkMemoryAllocateFlagsInfo shim_address_flags;

VkResult shim_fence_create(shim_device *d, VkFence *out);
VkResult shim_fence_reset(shim_device *d, VkFence fence);
VkResult shim_fence_wait(shim_device *d, VkFence fence, uint64_t nanoseconds);
void shim_fence_destroy(shim_device *d, VkFence fence);
// shim_submit submits commands, or nothing but the fence when NULL.
VkResult shim_submit(shim_device *d, VkCommandBuffer commands, VkFence fence);

// pipeline.c

typedef struct {
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
} shim_kernel;

typedef struct {
    const char *entry;
    uint32_t bindings, push_bytes;
    uint32_t subgroup_size; // required size, 0 for the driver's choice
    uint32_t full_subgroups;
    uint32_t statistics; // keep what shim_kernel_statistics returns
    uint32_t halves;     // value of constant SHIM_HALVES; 0: not given
} shim_kernel_spec;

enum { SHIM_HALVES = 31 };

VkResult shim_kernel_create(shim_device *d, VkPipelineCache cache, shim_kernel_spec spec, const uint32_t *code,
                            size_t code_bytes, const uint32_t *constants, uint32_t constant_count, shim_kernel *out);
void shim_kernel_destroy(shim_device *d, shim_kernel k);

typedef struct {
    char name[VK_MAX_DESCRIPTION_SIZE];
    double value;
} shim_statistic;

// shim_kernel_statistics writes what the compiler says of a kernel: at most
// *count statistics, and their number to *count.
VkResult shim_kernel_statistics(shim_device *d, shim_kernel k, shim_statistic *out, uint32_t *count,
                                uint32_t *subgroup_size);

VkResult shim_cache_create(shim_device *d, const void *data, size_t size, VkPipelineCache *out);
// shim_cache_data with data NULL writes the size.
VkResult shim_cache_data(shim_device *d, VkPipelineCache cache, size_t *size, void *data);
void shim_cache_destroy(shim_device *d, VkPipelineCache cache);

// program.c

enum { SHIM_DISPATCH, SHIM_COPY, SHIM_FILL };

typedef struct {
    uint32_t kind;
    uint32_t wait; // stages to wait for before this operation, 0 for no barrier
    VkPipeline pipeline;
    VkPipelineLayout layout;
    uint32_t set; // index of its descriptor set
    uint32_t push_at, push_bytes;
    uint32_t groups[3];
    VkBuffer src, dst;
    uint64_t src_at, dst_at, bytes;
    uint32_t word;
} shim_op;

typedef struct {
    uint32_t set, binding;
    VkBuffer buffer;
    uint64_t at, bytes;
} shim_binding;

typedef struct {
    VkDescriptorPool descriptors;
    VkDescriptorSet *sets;
    VkCommandPool commands;
    VkCommandBuffer step;
    VkCommandBuffer profile; // with a timestamp before the first and after each operation
    VkQueryPool timestamps;
} shim_program;

VkResult shim_program_create(shim_device *d, const uint64_t *layouts, uint32_t set_count, const shim_binding *bindings,
                             uint32_t binding_count, shim_program *out);
// shim_program_record records ops into out->step, or with timestamps into out->profile.
VkResult shim_program_record(shim_device *d, shim_program *p, const shim_op *ops, uint32_t op_count,
                             const uint8_t *push, int timestamps);
VkResult shim_program_times(shim_device *d, shim_program *p, uint32_t count, uint64_t *ticks);
void shim_program_destroy(shim_device *d, shim_program *p);

#endif
