package vk

// #include "shim.h"
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

const (
	validationLayer = "VK_LAYER_KHRONOS_validation\x00"
	debugExtension  = "VK_EXT_debug_utils\x00"
)

// instance is one connection to the loader, with its messenger when validating.
type instance struct {
	proc      unsafe.Pointer
	handle    vulkan.Instance
	messages  *C.shim_messages
	messenger C.VkDebugUtilsMessengerEXT
}

func newInstance(validation bool) (*instance, error) {
	proc, err := load()
	if err != nil {
		return nil, err
	}
	in := &instance{proc: proc}
	info := vulkan.InstanceCreateInfo{
		SType: vulkan.StructureTypeInstanceCreateInfo,
		PApplicationInfo: &vulkan.ApplicationInfo{
			SType:            vulkan.StructureTypeApplicationInfo,
			PApplicationName: "reta\x00", PEngineName: "reta\x00",
			ApiVersion: version13,
		},
	}
	var chain unsafe.Pointer
	if validation {
		in.messages = C.shim_messages_new()
		chain = C.shim_messages_chain(in.messages)
		defer C.free(chain)
		info.PNext = chain
		info.EnabledLayerCount, info.PpEnabledLayerNames = 1, []string{validationLayer}
		info.EnabledExtensionCount, info.PpEnabledExtensionNames = 1, []string{debugExtension}
	}
	var r vulkan.Result
	guard(func() {
		var handle vulkan.Instance // a plain local: the binding writes through its address
		if r = vulkan.CreateInstance(&info, nil, &handle); r >= 0 {
			vulkan.InitInstance(handle)
			in.handle = handle
		}
	})
	if err := instanceError(int(r)); err != nil {
		C.shim_messages_free(in.messages)
		return nil, err
	}
	if validation {
		r := C.shim_messenger_create(proc, in.c(), in.messages, &in.messenger)
		if err := resultError("create debug messenger", int(r)); err != nil {
			in.close()
			return nil, err
		}
	}
	return in, nil
}

func instanceError(result int) error {
	switch result {
	case resultIncompatibleDriver:
		return errNoDriver()
	case resultLayerNotPresent:
		return fmt.Errorf("vk: the validation layer is not installed: "+
			"apt install vulkan-validationlayers, or run without validation: %w", ErrValidation)
	}
	return resultError("create instance", result)
}

func errNoDriver() error {
	return fmt.Errorf("vk: %w: no device found: install the driver of your GPU, or the CPU driver "+
		"(Debian, Ubuntu: apt install mesa-vulkan-drivers); VK_DRIVER_FILES, if set, must name its json file", ErrNoDriver)
}

func (in *instance) c() C.VkInstance { return C.VkInstance(unsafe.Pointer(in.handle)) }

// physical lists the devices in the loader's order.
func (in *instance) physical() ([]vulkan.PhysicalDevice, error) {
	var devices []vulkan.PhysicalDevice
	err := guarded("list devices", func() vulkan.Result {
		var n uint32
		if r := vulkan.EnumeratePhysicalDevices(in.handle, &n, nil); r < 0 || n == 0 {
			return r
		}
		devices = make([]vulkan.PhysicalDevice, n)
		r := vulkan.EnumeratePhysicalDevices(in.handle, &n, devices)
		devices = devices[:n]
		return r
	})
	if err == nil && len(devices) == 0 {
		err = errNoDriver()
	}
	return devices, err
}

// close destroys the instance and returns what the validation layer had left to say.
func (in *instance) close() error {
	if in.messenger != nil {
		C.shim_messenger_destroy(in.proc, in.c(), in.messenger)
	}
	guard(func() { vulkan.DestroyInstance(in.handle, nil) })
	err := in.validation()
	C.shim_messages_free(in.messages)
	in.messages = nil
	return err
}

// validation returns the messages of the validation layer since the last call
// as an error, nil when there are none.
func (in *instance) validation() error {
	if in.messages == nil {
		return nil
	}
	text := C.shim_messages_take(in.messages)
	if text == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(text))
	return fmt.Errorf("vk: %w: %s", ErrValidation, C.GoString(text))
}
