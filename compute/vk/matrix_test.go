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
	if _, has := info.Features.HalfMatrix(); info.Tier() == 2 && !has {
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
	shape, _ := d.Info().Features.HalfMatrix()
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

func half(m, n, k int) MatrixShape {
	return MatrixShape{M: m, N: n, K: k, A: "float16", B: "float16", C: "float32", D: "float32", Scope: "subgroup"}
}

func TestHalfMatrixIsTheLargestThatKernelsTake(t *testing.T) {
	whole, group := half(16, 16, 16), half(16, 16, 16)
	whole.D, group.Scope = "float16", "workgroup"
	for want, listed := range map[MatrixShape][]MatrixShape{
		half(8, 8, 8):    {half(8, 8, 8)},
		half(16, 16, 16): {half(16, 8, 8), half(16, 16, 16), half(16, 8, 16)},
		half(16, 8, 16):  {whole, half(16, 8, 8), half(16, 8, 16), group, half(64, 64, 16), half(12, 16, 16)},
		{}:               {whole, group, half(32, 32, 16)},
	} {
		if got, ok := (Features{CooperativeMatrix: listed}).HalfMatrix(); got != want || ok != (want.M > 0) {
			t.Errorf("of %v: %v, want %v", listed, got, want)
		}
	}
}

func TestPrecisionByDevice(t *testing.T) {
	matrices := Features{Float16: true, Storage16: true, MemoryModel: true, SubgroupBasic: true, SubgroupSizeControl: true, CooperativeMatrix: []MatrixShape{half(16, 16, 16)}}
	for _, c := range []struct {
		info Info
		want Precision
		got  Precision // "" where it is refused
	}{
		{Info{Kind: Discrete, Features: matrices}, "", FP32},
		{Info{Kind: Discrete, Features: matrices}, AutoPrecision, FP16},
		{Info{Kind: CPU, Features: matrices}, AutoPrecision, FP32},
		{Info{Kind: CPU, Features: matrices}, FP16, FP16},
		{Info{Kind: Discrete}, AutoPrecision, FP32},
		{Info{Kind: Discrete}, FP16, ""},
		{Info{Kind: Discrete, Features: matrices}, "bf16", ""},
	} {
		got, err := c.info.precision(c.want)
		if got != c.got || (err == nil) != (c.got != "") {
			t.Errorf("%s of tier %d, asked for %q: %q and error %v, want %q", c.info.Kind, c.info.Tier(), c.want, got, err, c.got)
		}
	}
}
