package vk

// #include "shim.h"
// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Options say which device to open and how. The zero value is the best device
// without validation and without a cache.
type Options struct {
	Device      string // index in List, or a part of the name; "" for the best
	Validation  bool   // validation layer on: its messages become ErrValidation
	CacheDir    string // folder of the pipeline cache; "" for none
	MemoryLimit int64  // bytes of device memory to reserve at most; 0 for all there is
	// StorageRange lowers Limits.StorageRange, the bytes one binding sees; 0 for the device's own.
	StorageRange int64
	Precision    Precision // "" is FP32
	// Tune has Device.Choose find out what it does not know.
	Tune    bool
	Disable []string // features to do without: fp16, subgroup, sizecontrol, coopmatrix, vectors, hostvisible
	// CompileOnly opens a device that compiles kernels and says what its compiler made of them (Kernel.Statistics), but runs
	// nothing: buffers take no memory and lose what is written to them. It may be one that is not there, such as those
	// that Mesa's driver makes of RADV_FORCE_FAMILY.
	CompileOnly bool
}

// Device is an open device with one compute queue. It is safe for concurrent use.
type Device struct {
	in     *instance
	opened Options
	dry    bool // Options.CompileOnly
	info   Info
	handle vulkan.Device
	shim   *C.shim_device
	mem    *memory
	queue  sync.Mutex // submits, one at a time
	newest *flight    // under queue
	work   workCount
	lost   atomic.Bool
	closed atomic.Bool

	mu       sync.Mutex
	kernels  map[kernelKey]*kernelEntry
	programs map[*Program]struct{}
	fences   []C.VkFence // signalled ones, free to use
	staging  staging
	choices  *choices
	tune     bool
	cache    *cache
}

// Open opens the device that o names.
func Open(o Options) (*Device, error) {
	for _, name := range o.Disable {
		if !slices.Contains(switchable, name) {
			return nil, fmt.Errorf("vk: feature %q cannot be disabled: want one of %s", name, strings.Join(switchable, ", "))
		}
	}
	in, err := newInstance(o.Validation)
	if err != nil {
		return nil, err
	}
	d, err := open(in, o)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	return d, nil
}

func open(in *instance, o Options) (*Device, error) {
	adapters, err := in.adapters(o.Disable)
	if err != nil {
		return nil, err
	}
	a, err := choose(adapters, o.Device)
	if err != nil {
		return nil, err
	}
	if err := a.usable(); err != nil {
		return nil, err
	}
	if o.StorageRange > 0 {
		a.info.Limits.StorageRange = min(a.info.Limits.StorageRange, o.StorageRange)
	}
	if a.info.Precision, err = a.info.precision(o.Precision); err != nil {
		return nil, err
	}
	d := &Device{in: in, opened: o, dry: o.CompileOnly, tune: o.Tune && !o.CompileOnly, info: a.info, kernels: map[kernelKey]*kernelEntry{}, programs: map[*Program]struct{}{}}
	if err := d.create(a); err != nil {
		return nil, err
	}
	if err := d.equip(a, o); err != nil {
		d.destroy()
		return nil, err
	}
	return d, nil
}

// equip gives an open device its memory and cache.
func (d *Device) equip(a *adapter, o Options) error {
	var err error
	switch {
	case d.dry:
		d.mem = newDryMemory(d)
	case len(a.memory) == 0:
		return fmt.Errorf("vk: device %s has no memory: it is one that is not there, for which kernels can be compiled only (bench --pipelines): %w", a.info, ErrUnsupported)
	default:
		types, err := d.bufferTypes()
		if err != nil {
			return err
		}
		if d.mem, err = newMemory(d, a, types, o.MemoryLimit); err != nil {
			return err
		}
	}
	if d.cache, err = openCache(d, o.CacheDir); err != nil {
		return err
	}
	d.choices = openChoices(d.info, o.CacheDir)
	return d.in.validation()
}

// choose finds the device by index, by a part of its name, or the best one.
func choose(adapters []*adapter, want string) (*adapter, error) {
	var best *adapter
	index, err := strconv.Atoi(want)
	byIndex := err == nil
	for i, a := range adapters {
		match := strings.Contains(strings.ToLower(a.info.Name), strings.ToLower(want))
		if byIndex {
			match = i == index
		}
		if match && (best == nil || a.info.score() > best.info.score()) {
			best = a
		}
	}
	if best != nil {
		return best, nil
	}
	names := make([]string, len(adapters))
	for i, a := range adapters {
		names[i] = a.info.String()
	}
	return nil, fmt.Errorf("vk: no device %q: want an index or a part of a name of: %s", want, strings.Join(names, ", "))
}

// usable refuses what the engine cannot run on.
func (a *adapter) usable() error {
	switch {
	case a.info.api < version11:
		return fmt.Errorf("vk: device %s has Vulkan %s: want 1.1 or newer: %w", a.info, a.info.API, ErrUnsupported)
	case a.family == ^uint32(0):
		return fmt.Errorf("vk: device %s has no compute queue: %w", a.info, ErrUnsupported)
	}
	return nil
}

// create makes the logical device with every feature found.
func (d *Device) create(a *adapter) error {
	chain := C.shim_features_chain(&a.features)
	if chain == nil {
		return fmt.Errorf("vk: no host memory for the feature list: %w", ErrOutOfMemory)
	}
	defer C.free(chain)
	var extensions []string
	for _, e := range knownExtensions {
		if a.extensions[e.name] && a.info.api < e.core {
			extensions = append(extensions, e.name+"\x00")
		}
	}
	var queue vulkan.Queue
	err := guarded("create device "+a.info.String(), func() vulkan.Result {
		info := vulkan.DeviceCreateInfo{
			SType:                vulkan.StructureTypeDeviceCreateInfo,
			PNext:                chain,
			QueueCreateInfoCount: 1,
			PQueueCreateInfos: []vulkan.DeviceQueueCreateInfo{{
				SType:            vulkan.StructureTypeDeviceQueueCreateInfo,
				QueueFamilyIndex: a.family, QueueCount: 1, PQueuePriorities: []float32{1},
			}},
			EnabledExtensionCount:   uint32(len(extensions)),
			PpEnabledExtensionNames: extensions,
		}
		var handle vulkan.Device
		var q vulkan.Queue
		r := vulkan.CreateDevice(a.handle, &info, nil, &handle)
		if r >= 0 {
			vulkan.GetDeviceQueue(handle, a.family, 0, &q)
			d.handle, queue = handle, q
		}
		return r
	})
	if err != nil {
		return err
	}
	d.shim = C.shim_device_new(d.in.proc, d.in.c(), C.VkDevice(unsafe.Pointer(d.handle)),
		C.VkQueue(unsafe.Pointer(queue)), C.uint32_t(a.family))
	if d.shim == nil {
		guard(func() { vulkan.DestroyDevice(d.handle, nil) })
		return fmt.Errorf("vk: device %s lacks an entry point of Vulkan 1.1: %w", a.info, ErrUnsupported)
	}
	return nil
}

// Info describes the device.
func (d *Device) Info() Info { return d.info }

// MemoryUsed returns the bytes of device memory in buffers now, and the most
// there ever were. Host buffers count where they share the device's memory.
func (d *Device) MemoryUsed() (now, peak int64) { return d.mem.usage() }

// MemoryFree returns the bytes of device memory that are in no buffer: what is
// left of Options.MemoryLimit, or of all the device has.
func (d *Device) MemoryFree() int64 { return d.mem.free() }

// ready reports whether the device still takes work.
func (d *Device) ready() error {
	switch {
	case d.closed.Load():
		return errClosed
	case d.lost.Load():
		return fmt.Errorf("vk: %s: %w earlier: nothing more is submitted: restart", d.info.Name, ErrDeviceLost)
	}
	return nil
}

// result turns the result of a shim call into an error, remembers a loss of the
// device, and adds what the validation layer said meanwhile.
func (d *Device) result(call string, r C.VkResult) error {
	if r == resultDeviceLost {
		d.lost.Store(true)
	}
	return errors.Join(resultError(call, int(r)), d.in.validation())
}

// Close waits for the work in flight, closes the programs, frees all memory
// and writes the pipeline cache. It is safe to call twice.
func (d *Device) Close() error {
	if d == nil || d.closed.Swap(true) {
		return nil
	}
	d.mu.Lock()
	programs := make([]*Program, 0, len(d.programs))
	for p := range d.programs {
		programs = append(programs, p)
	}
	d.mu.Unlock()
	for _, p := range programs {
		p.Close()
	}
	err := errors.Join(d.cache.save(), d.choices.save())
	d.destroy()
	return errors.Join(err, d.in.close())
}

// destroy takes down what create and its followers made.
func (d *Device) destroy() {
	for _, e := range d.kernels {
		e.once.Do(func() {})
		if e.kernel != nil {
			C.shim_kernel_destroy(d.shim, e.kernel.c)
		}
	}
	for _, f := range d.fences {
		C.shim_fence_destroy(d.shim, f)
	}
	d.cache.destroy()
	if d.mem != nil {
		d.mem.destroy()
	}
	guard(func() { vulkan.DestroyDevice(d.handle, nil) })
	C.free(unsafe.Pointer(d.shim))
}
