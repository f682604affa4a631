// Package vk runs compute kernels on Vulkan: devices, memory, kernels and
// recorded programs. It is the only package that knows Vulkan.
//
//	dev, err := vk.Open(vk.Options{})
//	defer dev.Close()
//	k, err := dev.NewKernel(vk.KernelSpec{Name: "axpy", SPIRV: code, Spec: []uint32{64}})
//	x, err := dev.NewBuffer(4*n, vk.DeviceLocal) // and y
//	err = x.Write(0, bytes)
//	rec := dev.NewRecorder("step")
//	rec.Dispatch(k, []vk.Arg{{x.Slice(0, 4*n), vk.Read}, {y.Slice(0, 4*n), vk.ReadWrite}}, push, groups, "y += a*x")
//	step, err := rec.End()
//	err = step.Run(ctx)
//	err = y.Read(0, result)
//
// A program is recorded once and run as often as wanted, with one submit each;
// several may be in flight. Barriers follow from the access declared for each
// range: an operation waits for earlier ones only where they touch the same
// bytes and one of them writes. What a kernel needs (bindings, push constants,
// workgroup, features) is read from its SPIR-V and checked before the driver
// sees it.
//
// The binding (vulkan-go) serves instance, devices, memory and buffers, always
// under guard, which says why; what happens per kernel, program and step goes
// through the C files here, as does all that is newer than the binding. Errors
// name the thing, the limit and the remedy; the sentinel errors tell apart what
// a caller may want to handle.
package vk
