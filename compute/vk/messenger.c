// Validation messages, collected under a lock until Go asks for them: the
// layers call back on whatever thread made the mistake, which Go may not own.
#define _GNU_SOURCE // strnlen
#include "shim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_LIMIT = 1 << 16,
    MESSAGE_LIMIT = 800, // some messages list every structure there is
};

struct shim_messages {
    pthread_mutex_t lock;
    char *text;
    size_t length;
};

shim_messages *shim_messages_new(void) {
    shim_messages *m = calloc(1, sizeof *m);
    if (m) pthread_mutex_init(&m->lock, NULL);
    return m;
}

void shim_messages_free(shim_messages *m) {
    if (!m) return;
    pthread_mutex_destroy(&m->lock);
    free(m->text);
    free(m);
}

char *shim_messages_take(shim_messages *m) {
    pthread_mutex_lock(&m->lock);
    char *text = m->text;
    m->text = NULL;
    m->length = 0;
    pthread_mutex_unlock(&m->lock);
    return text;
}

// irrelevant tells whether a message is not about a mistake.
static int irrelevant(const char *message) {
    static const char *const known[] = {
        "is not supported by this layer", "unknown VkStructureType (1000506000)", // an older layer does not know cooperative matrices
        "specialuse-extension-debugging",                                         // the extension that brings these messages
        "SpirvDeprecated_WorkgroupSize",                                          // deprecated in SPIR-V 1.6; kernels are 1.3
        "vkBeginCommandBuffer-simultaneous-use",                                  // a program is submitted again before it has ended
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(message, known[i])) return 1;
    return 0;
}

static VkBool32 VKAPI_PTR receive(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                  VkDebugUtilsMessageTypeFlagsEXT types,
                                  const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
    (void)severity, (void)types;
    shim_messages *m = user;
    const char *message = data->pMessage ? data->pMessage : "no text";
    if (irrelevant(message)) return VK_FALSE;
    size_t n = strnlen(message, MESSAGE_LIMIT);
    pthread_mutex_lock(&m->lock);
    if (m->length + n + 2 < TEXT_LIMIT) {
        char *text = realloc(m->text, m->length + n + 2);
        if (text) {
            m->text = text;
            m->length += (size_t)sprintf(text + m->length, "%s%.*s", m->length ? "\n" : "", (int)n, message);
        }
    }
    pthread_mutex_unlock(&m->lock);
    return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(shim_messages *m) {
    return (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = receive,
        .pUserData = m,
    };
}

void *shim_messages_chain(shim_messages *m) {
    struct {
        VkDebugUtilsMessengerCreateInfoEXT messenger;
        VkValidationFeaturesEXT features;
        VkValidationFeatureEnableEXT enable[1];
    } *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->messenger = messenger_info(m);
    c->messenger.pNext = &c->features;
    c->enable[0] = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    c->features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
    c->features.enabledValidationFeatureCount = 1;
    c->features.pEnabledValidationFeatures = c->enable;
    return c;
}

VkResult shim_messenger_create(void *proc, VkInstance instance, shim_messages *m, VkDebugUtilsMessengerEXT *out) {
    PFN_vkCreateDebugUtilsMessengerEXT create = (PFN_vkCreateDebugUtilsMessengerEXT)(
        (PFN_vkGetInstanceProcAddr)proc)(instance, "vkCreateDebugUtilsMessengerEXT");
    if (!create) return VK_ERROR_EXTENSION_NOT_PRESENT;
    VkDebugUtilsMessengerCreateInfoEXT info = messenger_info(m);
    return create(instance, &info, NULL, out);
}

void shim_messenger_destroy(void *proc, VkInstance instance, VkDebugUtilsMessengerEXT messenger) {
    PFN_vkDestroyDebugUtilsMessengerEXT destroy = (PFN_vkDestroyDebugUtilsMessengerEXT)(
        (PFN_vkGetInstanceProcAddr)proc)(instance, "vkDestroyDebugUtilsMessengerEXT");
    if (destroy) destroy(instance, messenger, NULL);
}
