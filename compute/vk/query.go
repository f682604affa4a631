package vk

// #include "shim.h"
import "C"

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// adapter is a physical device with all that is known of it.
type adapter struct {
	handle     vulkan.PhysicalDevice
	info       Info
	family     uint32 // of the compute queue
	memory     []memoryType
	heaps      []int64
	extensions map[string]bool
	features   C.shim_features
}

type memoryType struct {
	flags vulkan.MemoryPropertyFlags
	heap  int
}

// List describes every device the drivers offer, in the loader's order, which
// is the order of Options.Device's index.
func List() ([]Info, error) {
	in, err := newInstance(false)
	if err != nil {
		return nil, err
	}
	defer in.close()
	adapters, err := in.adapters(nil)
	infos := make([]Info, len(adapters))
	for i, a := range adapters {
		infos[i] = a.info
	}
	return infos, err
}

// Find describes the device that Open takes with the options, and opens none: its precision is that of products, its memory no more than
// the limit.
func Find(o Options) (Info, error) {
	in, err := newInstance(false)
	if err != nil {
		return Info{}, err
	}
	defer in.close()
	adapters, err := in.adapters(o.Disable)
	if err != nil {
		return Info{}, err
	}
	a, err := choose(adapters, o.Device)
	if err != nil {
		return Info{}, err
	}
	info := a.info
	if o.MemoryLimit > 0 {
		info.MemoryBytes = min(info.MemoryBytes, o.MemoryLimit)
	}
	info.Precision, err = info.precision(o.Precision)
	return info, err
}

func (in *instance) adapters(disable []string) ([]*adapter, error) {
	handles, err := in.physical()
	if err != nil {
		return nil, err
	}
	adapters := make([]*adapter, len(handles))
	for i, h := range handles {
		a := &adapter{handle: h}
		a.info.Index = i
		guard(func() { a.queryBasics() })
		a.queryFeatures(in, disable)
		adapters[i] = a
	}
	return adapters, nil
}

// queryBasics asks the binding for what Vulkan 1.0 knows. Called under guard.
func (a *adapter) queryBasics() {
	var p vulkan.PhysicalDeviceProperties
	vulkan.GetPhysicalDeviceProperties(a.handle, &p)
	p.Deref()
	p.Limits.Deref()
	l := p.Limits
	a.info.Name = vulkan.ToString(p.DeviceName[:])
	a.info.Kind = kindOf(p.DeviceType)
	a.info.Vendor, a.info.ID = p.VendorID, p.DeviceID
	a.info.DriverVersion = p.DriverVersion
	a.info.api = p.ApiVersion
	a.info.API = vulkan.Version(p.ApiVersion).String()
	a.info.CacheUUID = p.PipelineCacheUUID
	a.info.Limits = Limits{
		StorageRange:         int64(l.MaxStorageBufferRange),
		StorageBuffers:       int(min(l.MaxPerStageDescriptorStorageBuffers, l.MaxDescriptorSetStorageBuffers)),
		SharedBytes:          int(l.MaxComputeSharedMemorySize),
		PushBytes:            int(l.MaxPushConstantsSize),
		WorkgroupInvocations: int(l.MaxComputeWorkGroupInvocations),
		WorkgroupSize:        l.MaxComputeWorkGroupSize,
		WorkgroupCount:       l.MaxComputeWorkGroupCount,
		OffsetAlign:          int64(l.MinStorageBufferOffsetAlignment),
	}
	a.info.Features.TimestampPeriod = float64(l.TimestampPeriod)
	p.Free()

	var m vulkan.PhysicalDeviceMemoryProperties
	vulkan.GetPhysicalDeviceMemoryProperties(a.handle, &m)
	m.Deref()
	for i := range m.MemoryTypeCount {
		t := m.MemoryTypes[i]
		t.Deref()
		a.memory = append(a.memory, memoryType{t.PropertyFlags, int(t.HeapIndex)})
	}
	for i := range m.MemoryHeapCount {
		h := m.MemoryHeaps[i]
		h.Deref()
		if a.info.Kind == CPU { // some report a nominal size
			h.Size = max(h.Size, vulkan.DeviceSize(C.shim_host_memory()))
		}
		a.heaps = append(a.heaps, int64(h.Size))
		if h.Flags&vulkan.MemoryHeapFlags(vulkan.MemoryHeapDeviceLocalBit) != 0 {
			a.info.MemoryBytes = max(a.info.MemoryBytes, int64(h.Size))
		}
	}
	m.Free()
	a.queryQueues()
	a.queryExtensions()
}

// queryQueues picks the first family that computes, one with timestamps if any.
func (a *adapter) queryQueues() {
	const none = ^uint32(0)
	a.family = none
	var n uint32
	vulkan.GetPhysicalDeviceQueueFamilyProperties(a.handle, &n, nil)
	families := make([]vulkan.QueueFamilyProperties, n)
	vulkan.GetPhysicalDeviceQueueFamilyProperties(a.handle, &n, families)
	f := &a.info.Features
	for i := range n {
		q := families[i]
		q.Deref()
		computes := q.QueueFlags&vulkan.QueueFlags(vulkan.QueueComputeBit) != 0
		if computes && (a.family == none || f.timestampBits == 0 && q.TimestampValidBits > 0) {
			a.family, f.timestampBits = i, q.TimestampValidBits
		}
	}
	f.Timestamps = f.timestampBits > 0 && f.TimestampPeriod > 0
}

func (a *adapter) queryExtensions() {
	a.extensions = map[string]bool{}
	var n uint32
	if vulkan.EnumerateDeviceExtensionProperties(a.handle, "", &n, nil) < 0 {
		return
	}
	list := make([]vulkan.ExtensionProperties, n)
	vulkan.EnumerateDeviceExtensionProperties(a.handle, "", &n, list)
	for i := range n {
		list[i].Deref()
		a.extensions[vulkan.ToString(list[i].ExtensionName[:])] = true
	}
}

const (
	version11 = 1<<22 | 1<<12
	version12 = 1<<22 | 2<<12
	version13 = 1<<22 | 3<<12 // what the newest entry points used here belong to
)

// extensions by their bit in the shim, with the core version that holds them.
var knownExtensions = []struct {
	name string
	bit  C.uint32_t
	core uint32
}{
	{"VK_KHR_shader_float16_int8", C.SHIM_FLOAT16_INT8, version12},
	{"VK_KHR_8bit_storage", C.SHIM_8BIT_STORAGE, version12},
	{"VK_KHR_vulkan_memory_model", C.SHIM_MEMORY_MODEL, version12},
	{"VK_KHR_driver_properties", C.SHIM_DRIVER_PROPERTIES, version12},
	{"VK_KHR_shader_subgroup_extended_types", C.SHIM_EXTENDED_TYPES, version12},
	{"VK_EXT_subgroup_size_control", C.SHIM_SIZE_CONTROL, version13},
	{"VK_KHR_buffer_device_address", C.SHIM_ADDRESSES, version12},
	{"VK_KHR_pipeline_executable_properties", C.SHIM_EXECUTABLES, ^uint32(0)},
	{"VK_KHR_cooperative_matrix", C.SHIM_COOPERATIVE_MATRIX, ^uint32(0)},
}

// queryFeatures asks for what came after 1.0 and takes away what is disabled.
func (a *adapter) queryFeatures(in *instance, disable []string) {
	for _, e := range knownExtensions {
		if a.extensions[e.name] || a.info.api >= e.core {
			a.features.listed |= e.bit
		}
	}
	if a.info.api < version11 {
		return // 1.0: no such query; Open refuses the device
	}
	physical := C.VkPhysicalDevice(unsafe.Pointer(a.handle))
	f := &a.features
	C.shim_features_query(in.proc, in.c(), physical, f)
	switchOff(f, disable)

	a.info.Driver = strings.TrimSpace(C.GoString(&f.driver[0]) + " " + C.GoString(&f.driver_info[0]))
	a.info.Limits.SubgroupSize = int(f.subgroup_size)
	a.info.Limits.AllocBytes = int64(min(f.allocation, 1<<62))
	operations := func(bit C.uint32_t) bool { return f.subgroup_operations&bit != 0 }
	o := &a.info.Features
	o.Float16, o.Float64 = f.float16 != 0, f.float64 != 0
	o.Int8, o.Int16, o.Int64 = f.int8 != 0, f.int16 != 0, f.int64 != 0
	o.Storage8, o.Storage16 = f.storage8 != 0, f.storage16 != 0
	o.SubgroupBasic = operations(C.VK_SUBGROUP_FEATURE_BASIC_BIT)
	o.SubgroupVote = operations(C.VK_SUBGROUP_FEATURE_VOTE_BIT)
	o.SubgroupArithmetic = operations(C.VK_SUBGROUP_FEATURE_ARITHMETIC_BIT)
	o.SubgroupBallot = operations(C.VK_SUBGROUP_FEATURE_BALLOT_BIT)
	o.SubgroupShuffle = operations(C.VK_SUBGROUP_FEATURE_SHUFFLE_BIT)
	o.SubgroupExtendedTypes = f.extended_types != 0
	o.SubgroupSizeControl = f.size_control != 0 && f.required_size != 0
	o.SubgroupMin, o.SubgroupMax = int(f.subgroup_min), int(f.subgroup_max)
	o.FullSubgroups = f.full_subgroups != 0
	o.MemoryModel = f.memory_model != 0
	o.Statistics = f.executables != 0
	if !a.info.vectorises() {
		f.addresses = 0
	}
	o.Vectors = f.addresses != 0
	o.hostVisible = !slices.Contains(disable, "hostvisible")
	if f.cooperative_matrix != 0 && a.extensions["VK_KHR_cooperative_matrix"] {
		o.CooperativeMatrix = matrices(in, physical)
	}
}

// switchable are the names Options.Disable takes.
var switchable = []string{"fp16", "subgroup", "sizecontrol", "coopmatrix", "vectors", "hostvisible"}

func switchOff(f *C.shim_features, disable []string) {
	for _, name := range disable {
		switch name {
		case "fp16":
			f.float16, f.storage16, f.cooperative_matrix = 0, 0, 0
		case "subgroup":
			f.subgroup_operations, f.size_control, f.full_subgroups, f.cooperative_matrix = 0, 0, 0, 0
		case "sizecontrol":
			f.size_control, f.full_subgroups = 0, 0
		case "vectors":
			f.addresses = 0
		case "coopmatrix":
			f.cooperative_matrix = 0
		}
	}
}

func matrices(in *instance, physical C.VkPhysicalDevice) []MatrixShape {
	var list [256]C.shim_matrix
	n := C.shim_matrices(in.proc, in.c(), physical, &list[0], C.uint32_t(len(list)))
	shapes := make([]MatrixShape, n)
	for i, m := range list[:n] {
		shapes[i] = MatrixShape{
			M: int(m.m), N: int(m.n), K: int(m.k),
			A: componentName(m.a), B: componentName(m.b), C: componentName(m.c), D: componentName(m.result),
			Saturating: m.saturating != 0, Scope: scopeName(m.scope),
		}
	}
	return shapes
}

func componentName(c C.uint32_t) string {
	names := []string{"float16", "float32", "float64", "sint8", "sint16", "sint32", "sint64",
		"uint8", "uint16", "uint32", "uint64"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("component%d", c)
}

func scopeName(s C.uint32_t) string {
	switch s {
	case 1:
		return "device"
	case 2:
		return "workgroup"
	case 3:
		return "subgroup"
	case 5:
		return "queue family"
	}
	return fmt.Sprintf("scope%d", s)
}

func kindOf(t vulkan.PhysicalDeviceType) DeviceKind {
	switch t {
	case vulkan.PhysicalDeviceTypeDiscreteGpu:
		return Discrete
	case vulkan.PhysicalDeviceTypeIntegratedGpu:
		return Integrated
	case vulkan.PhysicalDeviceTypeVirtualGpu:
		return Virtual
	case vulkan.PhysicalDeviceTypeCpu:
		return CPU
	}
	return Other
}
