package graph

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"reta/compute/vk"
	"reta/shaders"
)

// compileKernels compiles the dispatches' kernels, on all cores where the device
// is a GPU: Mesa's driver for AMD takes some 15 ms for each, and a network has
// hundreds. CPU drivers compile most of it at first use.
func compileKernels(dev *vk.Device, ds []dispatch) ([]*vk.Kernel, error) {
	kernels, errs := make([]*vk.Kernel, len(ds)), make([]error, len(ds))
	workers := runtime.GOMAXPROCS(0)
	if dev.Info().Kind == vk.CPU {
		workers = 1
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(workers, len(ds)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ds); i = int(next.Add(1)) - 1 {
				kernels[i], errs[i] = compileKernel(dev, ds[i])
				if errs[i] != nil {
					next.Store(int64(len(ds))) // the others are not needed
				}
			}
		})
	}
	wait.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, fmt.Errorf("%s: %w", ds[i].label, errs[i])
	}
	return kernels, nil
}

func compileKernel(dev *vk.Device, k dispatch) (*vk.Kernel, error) {
	code, err := shaders.Load(k.Shader)
	if err != nil {
		return nil, err
	}
	return dev.NewKernel(vk.KernelSpec{Name: k.Shader, SPIRV: code, Spec: k.Spec, SubgroupSize: k.SubgroupSize, Halves: k.halves})
}
