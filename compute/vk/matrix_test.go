package vk

import (
	"os"
	"strings"
	"testing"

	"github.com/x448/float16"
)

// Where a driver has cooperative matrices their shapes are listed and the tier
// says so; without any there is no such tier.
func TestCooperativeMatrixShapes(t *testing.T) {
	d := openDevice(t, Options{})
	info := d.Info()
	for _, s := range info.Features.CooperativeMatrix {
		if s.M < 1 || s.N < 1 || s.K < 1 || strings.HasPrefix(s.A, "component") || strings.HasPrefix(s.Scope, "scope") {
			t.Errorf("shape %v", s)
		}
	}
	if got, want := info.Tier() == 2, info.Features.halfMatrix() && info.Features.Float16 && info.Features.Storage16; got != want {
		t.Errorf("tier %d with shapes %v", info.Tier(), info.Features.CooperativeMatrix)
	}
	t.Logf("tier %d, shapes %v", info.Tier(), info.Features.CooperativeMatrix)
}

// A device with matrices multiplies with them; any other says what is missing.
func TestCooperativeMatrixMultiplies(t *testing.T) {
	d, err := Open(Options{Device: os.Getenv("RETA_DEVICE")}) // layers of old do not know the instructions
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var shape MatrixShape
	for _, s := range d.Info().Features.CooperativeMatrix {
		if s.A == "float16" && s.B == "float16" && s.C == "float32" && s.D == "float32" && s.Scope == "subgroup" {
			shape = s
		}
	}
	m, n, k := shape.M, shape.N, shape.K
	spec := []uint32{uint32(d.Info().Limits.SubgroupSize), uint32(m), uint32(n), uint32(k)}
	kernel, err := d.NewKernel(KernelSpec{Name: "matrix", SPIRV: shader(t, "matrix"), Spec: spec})
	if m == 0 {
		if err == nil || !strings.Contains(err.Error(), "it needs ") { // matrices, or what comes before them
			t.Errorf("a kernel with matrices on a device without: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var half []byte
	value := func(i int) float32 { return float32(i%7) - 3 } // exact in fp16, as are the sums in fp32
	for i := range max(m, n) * k {
		bits := float16.Fromfloat32(value(i)).Bits()
		half = append(half, byte(bits), byte(bits>>8))
	}
	ab := buffer(t, d, int64(len(half)), DeviceLocal)
	if err := ab.Write(0, half); err != nil {
		t.Fatal(err)
	}
	c, y := floatBuffer(t, d, make([]float32, m*n)...), floatBuffer(t, d, make([]float32, m*n)...)
	if err := c.Write(0, floatBytes(1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	r := d.NewRecorder("matrix")
	r.Dispatch(kernel, []Arg{ab.all(Read), ab.all(Read), c.all(Read), y.all(Write)}, nil, [3]uint32{1, 1, 1}, "multiply")
	run(t, end(t, r))
	start := readFloats(t, c)
	for i, got := range readFloats(t, y) {
		want := start[i]
		for j := range k {
			want += value(i/n*k+j) * value(j*n+i%n)
		}
		if got != want {
			t.Fatalf("element %d of the %v product is %v, want %v", i, shape, got, want)
		}
	}
}
