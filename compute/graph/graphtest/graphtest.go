// Package graphtest checks operations of package graph on the device.
//
// A test states shapes, how to build the operation and what it means in
// float64; Check runs the real kernels with poisoned memory, compares, and
// compares the gradient with central differences of the float64 meaning:
//
//	graphtest.Check(t, graphtest.Case{
//		Name:   "relu",
//		Inputs: []graphtest.In{{Shape: []int{3, 17}}},
//		Build:  func(in []*graph.Node) *graph.Node { return nn.Activate(in[0], nn.ReLU) },
//		Ref:    func(in [][]float64) []float64 { ... },
//	})
package graphtest

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"reta/compute/graph"
	"reta/compute/vk"
)

// In is one input of a Case. Unless Values is set, elements are standard
// normal, kept at least 0.05 away from zero so that kinks there are not hit by
// finite differences.
type In struct {
	Shape  []int
	Values func(i int) float64
	DType  graph.DType
	NoGrad bool
}

// Case is one operation on given shapes. Tol and GradTol bound the error
// relative to the largest reference element; zero means 1e-5 and 1e-4.
type Case struct {
	Name    string
	Inputs  []In
	Build   func(in []*graph.Node) *graph.Node
	Ref     func(in [][]float64) []float64
	Tol     float64
	GradTol float64
	// Step is the finite-difference step; zero means 1e-5.
	Step float64
}

// maxDifferences bounds how many elements of an input are checked by finite
// differences; larger inputs are sampled evenly.
const maxDifferences = 48

// rounded is what rounding operands to 11 bits does to a sum of their products, relative to the largest.
const rounded = 4e-3

// Check runs the case as a subtest.
func Check(t *testing.T, c Case) {
	t.Helper()
	CheckOn(t, Device(t), c)
}

// CheckOn is Check on another device than the test device.
func CheckOn(t *testing.T, dev *vk.Device, c Case) {
	t.Helper()
	t.Run(c.Name, func(t *testing.T) { check(t, dev, c, false) })
	if dev.Info().Precision == vk.FP16 {
		t.Run(c.Name+"_stored_in_fp16", func(t *testing.T) { check(t, dev, c, true) })
	}
}

// check runs the case. With stored what the operation reads and writes is fp16, where it takes it so: what is between it and
// inputs and outputs, which never are.
func check(t *testing.T, dev *vk.Device, c Case, stored bool) {
	g := graph.New(dev)
	nodes := make([]*graph.Node, len(c.Inputs))
	data := make([][]float64, len(c.Inputs))
	var wrt []*graph.Node
	var wrtInput []int
	for i, in := range c.Inputs {
		nodes[i] = g.Input("input", in.DType, in.Shape...)
		data[i] = values(in, uint64(i))
		if stored && in.DType == graph.F32 && len(in.Shape) == 4 {
			toHalves(data[i])
		}
		if in.DType == graph.F32 && !in.NoGrad {
			wrt, wrtInput = append(wrt, nodes[i]), append(wrtInput, i)
		}
	}
	operands := slices.Clone(nodes)
	for i, n := range nodes {
		if stored && n.DType() == graph.F32 {
			operands[i] = graph.Scale(n, 1)
		}
	}
	y := c.Build(operands)
	if stored && y.DType() == graph.F32 {
		y = graph.Scale(y, 1)
	}
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	seed := values(In{Shape: y.Shape()}, 97)
	if dev.Info().Precision == vk.FP16 { // gradients over 16 are cut there
		for i := range seed {
			seed[i] /= 64
		}
	}
	outputs := []*graph.Node{y}
	dy := g.Input("dy", graph.F32, y.Shape()...)
	var grads []*graph.Node
	if len(wrt) > 0 {
		grads = g.GradFrom(y, dy, wrt...)
		for i, d := range grads {
			if d == nil {
				t.Fatalf("no gradient for input %d", wrtInput[i])
			}
			outputs = append(outputs, d)
		}
	}
	exec, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true, Name: c.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	set(t, exec, dy, seed)
	for i, n := range nodes {
		set(t, exec, n, data[i])
	}
	if err := exec.Run(context.Background()); err != nil {
		t.Fatal(err)
	}

	if stored && testing.Verbose() {
		for _, w := range exec.Work() {
			if strings.HasSuffix(w.Kernel, "_half") && w.Kernel != "scale_half" && w.Kernel != "conv2d_pack_half" {
				t.Log(w.Kernel)
			}
		}
	}
	tol := Tolerance(or(c.Tol, 1e-5), rounded)
	if stored {
		tol = max(tol, rounded)
	}
	want := c.Ref(data)
	Near(t, "value", get(t, exec, y), want, tol)
	for i, d := range grads {
		compareGradient(t, c, data, wrtInput[i], get(t, exec, d), seed, stored)
	}
}

// compareGradient checks got, the gradient of sum(seed*y) with respect to one
// input, against central differences of the reference.
func compareGradient(t *testing.T, c Case, data [][]float64, input int, got []float32, seed []float64, stored bool) {
	t.Helper()
	h := or(c.Step, 1e-5)
	x := data[input]
	stride := max(1, (len(x)+maxDifferences-1)/maxDifferences)
	var index []int
	var want, have []float64
	scale := 0.0
	for i := 0; i < len(x); i += stride {
		keep := x[i]
		x[i] = keep + h
		up := dot(c.Ref(data), seed)
		x[i] = keep - h
		down := dot(c.Ref(data), seed)
		x[i] = keep
		d := (up - down) / (2 * h)
		index, want, have = append(index, i), append(want, d), append(have, float64(got[i]))
		scale = math.Max(scale, math.Abs(d))
	}
	for _, v := range got {
		if math.IsNaN(float64(v)) {
			t.Fatalf("gradient of input %d has a NaN: an element was not written", input)
		}
	}
	tol := Tolerance(or(c.GradTol, 1e-4), rounded)
	if stored {
		tol = max(tol, rounded)
	}
	tol *= math.Max(scale, 1e-3)
	for k, i := range index {
		if !(math.Abs(have[k]-want[k]) <= tol) {
			t.Fatalf("gradient of input %d, element %d of %d: got %.7g, finite differences say %.7g (largest %.3g)", input, i, len(x), have[k], want[k], scale)
		}
	}
}

// Near fails unless every element of got is within tol of want, relative to
// the largest element of want.
func Near(t testing.TB, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	scale := 1e-30
	for _, v := range want {
		scale = math.Max(scale, math.Abs(v))
	}
	bad, worst, at := 0, 0.0, 0
	for i, v := range got {
		d := math.Abs(float64(v) - want[i])
		if !(d <= tol*scale) {
			bad++
			if !(d <= worst) {
				worst, at = d, i
			}
		}
	}
	if bad > 0 {
		t.Fatalf("%s: %d of %d elements are off; worst at %d: got %.7g, want %.7g (largest %.3g, tolerance %.1g)", what, bad, len(got), at, got[at], want[at], scale, tol)
	}
}

// values makes an input's elements, representable in float32, as float64.
func values(in In, stream uint64) []float64 {
	v := make([]float64, graph.Shape(in.Shape).Size())
	for i := range v {
		x := 0.0
		if in.Values != nil {
			x = in.Values(i)
		} else {
			x = Normal(stream, uint64(i))
			x += math.Copysign(0.05, x)
		}
		v[i] = float64(float32(x))
	}
	return v
}

// toHalves rounds numbers to 11 bits, as fp16 holds them.
func toHalves(v []float64) {
	for i, x := range v {
		fraction, exponent := math.Frexp(x)
		v[i] = math.Ldexp(math.RoundToEven(fraction*2048)/2048, exponent)
	}
}

// Normal is a deterministic standard normal number for (stream, i).
func Normal(stream, i uint64) float64 {
	a := float64(mix(stream<<32^2*i)>>11)/(1<<53) + 1e-17
	b := float64(mix(stream<<32^(2*i+1))>>11) / (1 << 53)
	return math.Sqrt(-2*math.Log(a)) * math.Cos(2*math.Pi*b)
}

// mix is the splitmix64 finaliser.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func set(t testing.TB, e *graph.Exec, n *graph.Node, v []float64) {
	t.Helper()
	var err error
	if n.DType() == graph.U32 {
		u := make([]uint32, len(v))
		for i, x := range v {
			u[i] = uint32(x)
		}
		err = e.SetU32(n, u)
	} else {
		f := make([]float32, len(v))
		for i, x := range v {
			f[i] = float32(x)
		}
		err = e.Set(n, f)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, e *graph.Exec, n *graph.Node) []float32 {
	t.Helper()
	v, err := e.Get(n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

var device struct {
	sync.Once
	dev *vk.Device
	err error
}

// Device opens the test device once per process, with validation: a message of
// the validation layer is an error of the call that caused it. RETA_DEVICE
// chooses another device than the best, RETA_PRECISION=fp16 has it multiply so
// (see Tolerance).
func Device(t testing.TB) *vk.Device {
	t.Helper()
	device.Do(func() {
		device.dev, device.err = vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Precision: precision(), Validation: Validation()})
	})
	if device.err != nil {
		t.Fatal(device.err)
	}
	return device.dev
}

// WithoutVectors is the test device, opened again without vk.Features.Vectors where it has them.
func WithoutVectors(t testing.TB) *vk.Device {
	t.Helper()
	if !Device(t).Info().Features.Vectors {
		return Device(t)
	}
	return open(t, vk.Options{Device: os.Getenv("RETA_DEVICE"), Precision: precision(), Validation: Validation(), Disable: []string{"vectors"}})
}

// HalfDevice opens the test device again, for products of fp16 and without
// validation, and skips the test where it has no cooperative matrices.
func HalfDevice(t testing.TB) *vk.Device {
	t.Helper()
	return open(t, vk.Options{Device: os.Getenv("RETA_DEVICE"), Precision: vk.FP16})
}

// open opens a device for the test, and skips it where the device cannot do what is asked for.
func open(t testing.TB, o vk.Options) *vk.Device {
	t.Helper()
	dev, err := vk.Open(o)
	if errors.Is(err, vk.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// Validation says whether tests open devices with the validation layer: they do
// unless RETA_VALIDATION=off, for machines that have no such layer, or tests
// run in fp16, for layers of old do not know cooperative matrices.
func Validation() bool { return os.Getenv("RETA_VALIDATION") != "off" && precision() != vk.FP16 }

func precision() vk.Precision { return vk.Precision(os.Getenv("RETA_PRECISION")) }

// Tolerance is the relative error that a test allows: that of float32, or where
// the test device multiplies in fp16, the other.
func Tolerance(fp32, fp16 float64) float64 {
	if precision() == vk.FP16 {
		return max(fp32, fp16)
	}
	return fp32
}
