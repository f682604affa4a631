package vk

// #include "shim.h"
import "C"

import (
	"cmp"
	"fmt"
	"slices"
)

// Statistic is a number that the driver's compiler gives of a kernel, such as the registers it takes. Every driver has names
// of its own.
type Statistic struct {
	Name  string
	Value float64
}

// Kernels lists the kernels compiled so far, by name and then by constants.
func (d *Device) Kernels() []*Kernel {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*Kernel
	for _, e := range d.kernels {
		if e.kernel != nil {
			list = append(list, e.kernel)
		}
	}
	slices.SortFunc(list, func(a, b *Kernel) int {
		return cmp.Or(cmp.Compare(a.name, b.name), slices.Compare(a.spec, b.spec))
	})
	return list
}

// Spec returns the specialisation constants that the kernel was compiled with.
func (k *Kernel) Spec() []uint32 { return slices.Clone(k.spec) }

// Statistics returns what the driver's compiler says of the kernel, the size of its subgroups first. Only a device opened
// with Options.CompileOnly keeps it, where Features.Statistics.
func (k *Kernel) Statistics() ([]Statistic, error) {
	d := k.dev
	switch {
	case !d.info.Features.Statistics:
		return nil, fmt.Errorf("vk: %s does not say what its compiler makes of kernels: %w", d.info.Name, ErrUnsupported)
	case !d.dry:
		return nil, fmt.Errorf("vk: statistics of kernel %q: open the device with CompileOnly: %w", k.name, ErrUnsupported)
	}
	var list [64]C.shim_statistic
	n, subgroup := C.uint32_t(len(list)), C.uint32_t(0)
	r := C.shim_kernel_statistics(d.shim, k.c, &list[0], &n, &subgroup)
	if err := d.result(fmt.Sprintf("statistics of kernel %q", k.name), r); err != nil {
		return nil, err
	}
	out := []Statistic{{"Subgroup size", float64(subgroup)}}
	for _, s := range list[:n] {
		out = append(out, Statistic{C.GoString(&s.name[0]), float64(s.value)})
	}
	return out, nil
}

// compilesOnly says what a device opened with Options.CompileOnly does not do.
func (d *Device) compilesOnly(what string) error {
	return fmt.Errorf("vk: %s: %s was opened to compile kernels only: %w", what, d.info.Name, ErrUnsupported)
}
