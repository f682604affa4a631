package vk

// #cgo LDFLAGS: -ldl -lpthread
// #include "shim.h"
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"strings"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// loaderFiles are the names of the Vulkan loader: the one of the runtime
// package first, the one of the development package second.
var loaderFiles = []string{"libvulkan.so.1", "libvulkan.so"}

// entry is the loader's vkGetInstanceProcAddr, nil until it is loaded. The
// binding keeps one such pointer per process; so do we, under gate.
var entry unsafe.Pointer

// load opens the Vulkan loader once and hands its entry point to the binding.
func load() (unsafe.Pointer, error) {
	var err error
	guard(func() {
		if entry != nil {
			return
		}
		var proc unsafe.Pointer
		if proc, err = openLoader(loaderFiles); err != nil {
			return
		}
		vulkan.SetGetInstanceProcAddr(proc)
		if err = vulkan.Init(); err == nil {
			entry = proc
		}
	})
	return entry, err
}

// openLoader returns vkGetInstanceProcAddr of the first file that opens.
func openLoader(files []string) (unsafe.Pointer, error) {
	var reasons []string
	for _, file := range files {
		name := C.CString(file)
		var why [256]C.char
		proc := C.shim_loader_open(name, &why[0], C.size_t(len(why)))
		C.free(unsafe.Pointer(name))
		if proc != nil {
			return proc, nil
		}
		reasons = append(reasons, C.GoString(&why[0]))
	}
	return nil, fmt.Errorf("vk: %w: %s: install it (Debian, Ubuntu: apt install libvulkan1)",
		ErrNoLoader, strings.Join(reasons, "; "))
}
