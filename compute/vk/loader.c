#include "shim.h"

#include <dlfcn.h>
#include <stdio.h>

void *shim_loader_open(const char *file, char *why, size_t size) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(why, size, "%s", dlerror());
        return NULL;
    }
    void *proc = dlsym(library, "vkGetInstanceProcAddr");
    if (!proc) {
        snprintf(why, size, "%s has no vkGetInstanceProcAddr", file);
        dlclose(library);
    }
    return proc;
}
