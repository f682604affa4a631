package vk

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// runOne dispatches one workgroup of k on y and returns what it wrote.
func runOne(t *testing.T, d *Device, k *Kernel, push []byte, floats int) []float32 {
	t.Helper()
	y := floatBuffer(t, d, make([]float32, floats)...)
	r := d.NewRecorder(k.Name())
	r.Dispatch(k, []Arg{y.all(Write)}, push, [3]uint32{1, 1, 1}, k.Name())
	run(t, end(t, r))
	return readFloats(t, y)
}

func TestSpecialisationConstants(t *testing.T) {
	d := openDevice(t, Options{})
	for _, c := range []struct {
		spec []uint32
		want []float32
	}{
		{[]uint32{4, 2}, []float32{4, 2, -1, 0.5, 0}},
		{[]uint32{2, 3, 77, math.Float32bits(-1.5), 1}, []float32{2, 3, 77, -1.5, 1}},
		{[]uint32{2, 3, 78, math.Float32bits(-1.5), 0, 99, 99}, []float32{2, 3, 78, -1.5, 0}}, // more than the shader has
	} {
		if got := runOne(t, d, kernel(t, d, "spec", c.spec...), nil, 5); !slices.Equal(got, c.want) {
			t.Errorf("spec %v gave %v, want %v", c.spec, got, c.want)
		}
	}
}

func TestPushConstants(t *testing.T) {
	d := openDevice(t, Options{})
	push := append(floatBytes(1, 0, 2, 3, 4, 5, 6), wordBytes(7, ^uint32(7))...) // std430: vec2 at 8, vec3 at 16
	if got, want := runOne(t, d, kernel(t, d, "push"), push, 8), []float32{1, 2, 3, 4, 5, 6, 7, -8}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHalfPrecision(t *testing.T) {
	d := openDevice(t, Options{})
	if !d.Info().Features.Float16 {
		t.Skip("the device has no fp16")
	}
	x, y := buffer(t, d, 16, Host), buffer(t, d, 16, Host)
	for i := range 8 {
		copy(x.Map()[2*i:], []byte{byte(i), 0x3c}) // 1 + i/1024
	}
	r := d.NewRecorder("half")
	r.Dispatch(kernel(t, d, "half"), []Arg{x.all(Read), y.all(Write)}, nil, [3]uint32{1, 1, 1}, "double")
	run(t, end(t, r))
	for i := range 8 {
		if got := y.Map()[2*i : 2*i+2]; got[0] != byte(i) || got[1] != 0x40 { // 2 + i/512
			t.Errorf("element %d is % x, want %02x 40", i, got, i)
		}
	}
}

func TestSubgroupSize(t *testing.T) {
	d := openDevice(t, Options{})
	f := d.Info().Features
	for n := f.SubgroupMin; n <= f.SubgroupMax; n *= 2 {
		k, err := d.NewKernel(KernelSpec{Name: "subgroup", SPIRV: shader(t, "subgroup"), SubgroupSize: uint32(n)})
		if err != nil {
			t.Fatal(err)
		}
		y := buffer(t, d, 4*64, Host)
		r := d.NewRecorder("subgroup")
		r.Dispatch(k, []Arg{y.all(Write)}, nil, [3]uint32{1, 1, 1}, "subgroup")
		run(t, end(t, r))
		if !slices.Equal(y.Map()[:4], wordBytes(uint32(1000+n))) {
			t.Errorf("subgroup size %d: got % x", n, y.Map()[:4])
		}
	}
}

func TestKernelsAreMadeOnce(t *testing.T) {
	d := openDevice(t, Options{})
	a, b, c := kernel(t, d, "axpy", 64), kernel(t, d, "axpy", 64), kernel(t, d, "axpy", 32)
	if a != b || a == c {
		t.Error("the same code and constants are one kernel, other constants another")
	}
}

func TestKernelRefuses(t *testing.T) {
	d := openDevice(t, Options{Disable: []string{"fp16", "subgroup"}})
	for _, c := range []struct {
		name string
		spec KernelSpec
		want string
	}{
		{"not SPIR-V", KernelSpec{SPIRV: []byte("hello, this is not a shader.")}, "not SPIR-V"},
		{"workgroup", KernelSpec{SPIRV: shader(t, "axpy"), Spec: []uint32{1 << 20}}, "of 1048576 invocations"},
		{"workgroup", KernelSpec{SPIRV: shader(t, "spec"), Spec: []uint32{1 << 31, 1 << 31}}, "workgroup"},
		{"fp16", KernelSpec{SPIRV: shader(t, "half")}, "needs fp16"},
		{"fp16 buffers", KernelSpec{SPIRV: shader(t, "axpy"), Halves: 2}, "fp16 in bindings 0b10: want a shader with constant_id 31"},
		{"subgroup", KernelSpec{SPIRV: shader(t, "subgroup")}, "needs subgroup"},
	} {
		c.spec.Name = "planted"
		_, err := d.NewKernel(c.spec)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `kernel "planted"`) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := d.NewKernel(KernelSpec{SPIRV: shader(t, "half")}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	full := openDevice(t, Options{})
	if _, err := full.NewKernel(KernelSpec{Name: "k", SPIRV: shader(t, "axpy"), SubgroupSize: 3}); full.Info().Features.SubgroupSizeControl &&
		!errors.Is(err, ErrUnsupported) {
		t.Errorf("a subgroup size of 3: %v", err)
	}
}

func TestDispatchRefuses(t *testing.T) {
	d := openDevice(t, Options{StorageRange: 1 << 20}) // some devices bind all that they allocate in one piece
	other := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 64)
	x, y, freed := buffer(t, d, 1024, DeviceLocal), buffer(t, d, 1024, DeviceLocal), buffer(t, d, 64, DeviceLocal)
	freed.Free()
	foreign := buffer(t, other, 1024, DeviceLocal)
	ok := []Arg{{x.Slice(0, 64), Read}, {y.Slice(0, 64), ReadWrite}}
	limits := d.Info().Limits
	wide := buffer(t, d, limits.StorageRange+256, DeviceLocal)
	one := [3]uint32{1, 1, 1}
	for _, c := range []struct {
		name   string
		kernel *Kernel
		args   []Arg
		push   int
		groups [3]uint32
		want   string
	}{
		{"kernel", nil, ok, 8, one, "kernel is nil"},
		{"kernel", kernel(t, other, "axpy", 64), ok, 8, one, "another device"},
		{"buffers", k, ok[:1], 8, one, "1 buffers for 2 bindings"},
		{"push", k, ok, 4, one, "4 bytes of push constants: the shader declares 8"},
		{"no groups", k, ok, 8, [3]uint32{1, 0, 1}, "[1 0 1] workgroups"},
		{"many groups", k, ok, 8, [3]uint32{1, 1, limits.WorkgroupCount[2] + 1}, "in dimension 2"},
		{"no buffer", k, []Arg{{Range{}, Read}, ok[1]}, 8, one, "binding 0: no buffer"},
		{"foreign", k, []Arg{foreign.all(Read), ok[1]}, 8, one, "binding 0: no buffer, or one of another device"},
		{"freed", k, []Arg{ok[0], freed.all(ReadWrite)}, 8, one, "binding 1: the buffer was freed"},
		{"range", k, []Arg{{x.Slice(512, 1024), Read}, ok[1]}, 8, one, "bytes 512 to 1536 of a buffer of 1024"},
		{"align", k, []Arg{{x.Slice(1, 64), Read}, ok[1]}, 8, one, "offset 1 is not a multiple"},
		{"too wide", k, []Arg{wide.all(Read), ok[1]}, 8, one, "through one binding: split the batch"},
		{"no access", k, []Arg{{x.Slice(0, 64), 0}, ok[1]}, 8, one, "want Read, Write or ReadWrite"},
		{"written", k, []Arg{ok[0], {y.Slice(0, 64), Read}}, 8, one, "the shader may write it"},
		{"only read", k, []Arg{{x.Slice(0, 64), ReadWrite}, ok[1]}, 8, one, "the shader only reads it"},
	} {
		r := d.NewRecorder("step")
		r.Dispatch(c.kernel, c.args, make([]byte, c.push), c.groups, "conv1")
		r.Fill(y.Slice(0, 4), 0) // comes too late to hide the error
		_, err := r.End()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `program "step", operation 0 "conv1"`) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if c.kernel == k && err != nil && !strings.Contains(err.Error(), `kernel "axpy"`) {
			t.Errorf("%s: %v does not name the kernel", c.name, err)
		}
	}
}
