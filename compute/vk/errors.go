package vk

import (
	"errors"
	"fmt"
)

// The errors a caller may tell apart. Each comes wrapped with what was being
// done, on which device, and the remedy.
var (
	ErrNoLoader    = errors.New("no Vulkan loader")
	ErrNoDriver    = errors.New("no Vulkan driver")
	ErrOutOfMemory = errors.New("out of device memory")
	ErrDeviceLost  = errors.New("device lost")
	ErrValidation  = errors.New("validation layer")
	ErrUnsupported = errors.New("not supported by the device")
)

// MemoryError is an ErrOutOfMemory of which it is known how much there would have had to be for this process, at the least, and how much
// there is.
type MemoryError struct {
	Needs, Has int64 // bytes
	text       string
}

func (e *MemoryError) Error() string { return e.text }
func (e *MemoryError) Unwrap() error { return ErrOutOfMemory }

var errClosed = errors.New("vk: the device is closed")

// resultNames are the results a device can answer to the calls made here.
var resultNames = map[int]string{
	1: "not ready", 2: "timeout", 5: "incomplete",
	-1: "out of host memory", -2: "out of device memory", -3: "initialisation failed", -4: "device lost",
	-5: "memory map failed", -6: "layer not present", -7: "extension not present", -8: "feature not present",
	-9: "incompatible driver", -10: "too many objects", -11: "format not supported", -12: "fragmented pool",
	-13: "unknown error", -1000069000: "out of pool memory", -1000161000: "fragmentation",
	-1000012000: "invalid shader", 1000297000: "pipeline compile required",
}

const (
	resultSuccess            = 0
	resultTimeout            = 2
	resultOutOfHostMemory    = -1
	resultOutOfDeviceMemory  = -2
	resultDeviceLost         = -4
	resultLayerNotPresent    = -6
	resultIncompatibleDriver = -9
)

// resultError is the error of a Vulkan result, nil for a success.
func resultError(call string, result int) error {
	if result >= 0 {
		return nil
	}
	name, ok := resultNames[result]
	if !ok {
		name = "unknown result"
	}
	err := fmt.Errorf("vk: %s: %s (%d)", call, name, result)
	switch result {
	case resultDeviceLost:
		return fmt.Errorf("%w: %w: the driver stopped the device (a kernel that ran too long or out of bounds, "+
			"or a reset); nothing more is submitted: restart, and see the kernel log", err, ErrDeviceLost)
	case resultOutOfDeviceMemory, resultOutOfHostMemory:
		return fmt.Errorf("%w: %w: use a smaller batch or resolution", err, ErrOutOfMemory)
	}
	return err
}
