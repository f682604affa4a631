package vk

// #include "shim.h"
// #include <stdlib.h>
import "C"

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"
)

// KernelSpec says which compute shader, and how it is specialised.
type KernelSpec struct {
	Name         string   // for errors and profiles
	SPIRV        []byte   // set 0, storage buffers only, one entry point
	Spec         []uint32 // Spec[i] is constant_id i: integers, float bits, or 0 and 1 for bool
	SubgroupSize uint32   // required size; 0, or a device without size control: the driver's choice
	Halves       uint32   // bit i: binding i holds fp16, not float32; for shaders that have constant_id 31 for it
}

// Kernel is a compiled compute shader. It belongs to its device.
type Kernel struct {
	dev  *Device
	name string
	spec []uint32
	c    C.shim_kernel
	*layout
}

// Name returns the name given in the spec.
func (k *Kernel) Name() string { return k.name }

// Bindings returns the access of each binding, 0 for one that is not used.
func (k *Kernel) Bindings() []Access { return append([]Access(nil), k.bindings...) }

// PushBytes returns the size of the push constants that Push makes.
func (k *Kernel) PushBytes() int { return k.pushBytes }

// Workgroup returns the invocations of a workgroup.
func (k *Kernel) Workgroup() [3]uint32 { return k.workgroup }

type kernelKey [sha256.Size]byte

type kernelEntry struct {
	once   sync.Once
	kernel *Kernel
	err    error
}

// NewKernel compiles a kernel, or returns the one compiled before from the same
// code and constants. Several may compile at once.
func (d *Device) NewKernel(spec KernelSpec) (*Kernel, error) {
	if err := d.ready(); err != nil {
		return nil, err
	}
	if !d.info.Features.SubgroupSizeControl {
		spec.SubgroupSize = 0
	}
	key := spec.key()
	d.mu.Lock()
	e := d.kernels[key]
	if e == nil {
		e = new(kernelEntry)
		d.kernels[key] = e
	}
	d.mu.Unlock()
	e.once.Do(func() { e.kernel, e.err = d.compile(spec) })
	if e.err != nil { // let the next one try again
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.kernels[key] == e {
			delete(d.kernels, key)
		}
	}
	return e.kernel, e.err
}

func (s KernelSpec) key() kernelKey {
	h := sha256.New()
	word := func(w uint32) { h.Write(binary.LittleEndian.AppendUint32(nil, w)) }
	word(uint32(len(s.Name)))
	h.Write([]byte(s.Name))
	word(s.SubgroupSize)
	word(s.Halves)
	word(uint32(len(s.Spec)))
	for _, w := range s.Spec {
		word(w)
	}
	h.Write(s.SPIRV)
	return kernelKey(h.Sum(nil))
}

func (d *Device) compile(spec KernelSpec) (*Kernel, error) {
	l, err := reflect(spec.SPIRV, spec.Spec)
	if err == nil {
		err = d.takes(l, spec)
	}
	if err != nil {
		return nil, fmt.Errorf("vk: kernel %q: %w", spec.Name, err)
	}
	k := &Kernel{dev: d, name: spec.Name, spec: slices.Clone(spec.Spec), layout: l}
	entry := C.CString(l.entry)
	defer C.free(unsafe.Pointer(entry))
	s := C.shim_kernel_spec{
		entry: entry, bindings: C.uint32_t(len(l.bindings) - len(l.addresses)), push_bytes: C.uint32_t(l.pushBytes),
		subgroup_size: C.uint32_t(spec.SubgroupSize), halves: C.uint32_t(spec.Halves),
	}
	if d.dry && d.info.Features.Statistics {
		s.statistics = 1
	}
	if full := d.info.Features.FullSubgroups; full && spec.SubgroupSize > 0 && l.workgroup[0]%spec.SubgroupSize == 0 {
		s.full_subgroups = 1
	}
	code := words(spec.SPIRV)
	r := C.shim_kernel_create(d.shim, d.cache.handle, s, &code[0], C.size_t(len(spec.SPIRV)),
		(*C.uint32_t)(unsafe.SliceData(spec.Spec)), C.uint32_t(len(spec.Spec)), &k.c)
	runtime.KeepAlive(spec)
	if err := d.result(fmt.Sprintf("compile kernel %q", spec.Name), r); err != nil {
		if r >= 0 {
			C.shim_kernel_destroy(d.shim, k.c)
		}
		return nil, err
	}
	d.cache.grown()
	return k, nil
}

// words copies code to aligned words.
func words(code []byte) []C.uint32_t {
	w := make([]C.uint32_t, len(code)/4)
	for i := range w {
		w[i] = C.uint32_t(binary.LittleEndian.Uint32(code[4*i:]))
	}
	return w
}

// takes reports whether the device can run a kernel of this layout.
func (d *Device) takes(l *layout, spec KernelSpec) error {
	limits, f := d.info.Limits, d.info.Features
	invocations := uint64(l.workgroup[0]) * uint64(l.workgroup[1]) * uint64(l.workgroup[2])
	switch {
	case len(l.bindings) > limits.StorageBuffers:
		return fmt.Errorf("%d bindings: %s takes %d: %w", len(l.bindings), d.info.Name, limits.StorageBuffers, ErrUnsupported)
	case l.pushBytes > limits.PushBytes:
		return fmt.Errorf("%d bytes of push constants: %s takes %d: %w", l.pushBytes, d.info.Name, limits.PushBytes, ErrUnsupported)
	case invocations > uint64(limits.WorkgroupInvocations):
		return fmt.Errorf("workgroup %v of %d invocations: %s takes %d: %w",
			l.workgroup, invocations, d.info.Name, limits.WorkgroupInvocations, ErrUnsupported)
	}
	for i, n := range l.workgroup {
		if n > limits.WorkgroupSize[i] {
			return fmt.Errorf("workgroup %v: %s takes %v: %w", l.workgroup, d.info.Name, limits.WorkgroupSize, ErrUnsupported)
		}
	}
	if n := int(spec.SubgroupSize); n > 0 && (n < f.SubgroupMin || n > f.SubgroupMax || n&(n-1) != 0) {
		return fmt.Errorf("subgroup size %d: %s takes powers of two from %d to %d: %w",
			n, d.info.Name, f.SubgroupMin, f.SubgroupMax, ErrUnsupported)
	}
	if spec.Halves != 0 && !l.halves {
		return fmt.Errorf("fp16 in bindings %#b: want a shader with constant_id %d for them", spec.Halves, halvesID)
	}
	for _, c := range l.capabilities {
		if need, ok := capabilities[c]; ok && !need.has(&f) {
			return fmt.Errorf("it needs %s, which %s does not have: %w", need.name, d.info.Name, ErrUnsupported)
		}
	}
	return nil
}

// capabilities maps SPIR-V capabilities to the features they need.
var capabilities = map[uint32]struct {
	name string
	has  func(*Features) bool
}{
	9:    {"fp16 arithmetic", func(f *Features) bool { return f.Float16 }},
	10:   {"fp64 arithmetic", func(f *Features) bool { return f.Float64 }},
	11:   {"64-bit integers", func(f *Features) bool { return f.Int64 }},
	22:   {"16-bit integers", func(f *Features) bool { return f.Int16 }},
	39:   {"8-bit integers", func(f *Features) bool { return f.Int8 }},
	61:   {"subgroup operations", func(f *Features) bool { return f.SubgroupBasic }},
	62:   {"subgroup votes", func(f *Features) bool { return f.SubgroupVote }},
	63:   {"subgroup arithmetic", func(f *Features) bool { return f.SubgroupArithmetic }},
	64:   {"subgroup ballots", func(f *Features) bool { return f.SubgroupBallot }},
	65:   {"subgroup shuffles", func(f *Features) bool { return f.SubgroupShuffle }},
	4433: {"16-bit storage", func(f *Features) bool { return f.Storage16 }},
	4448: {"8-bit storage", func(f *Features) bool { return f.Storage8 }},
	5345: {"the Vulkan memory model", func(f *Features) bool { return f.MemoryModel }},
	5347: {"buffer addresses", func(f *Features) bool { return f.Vectors }},
	6022: {"cooperative matrices", func(f *Features) bool { return len(f.CooperativeMatrix) > 0 }},
}
