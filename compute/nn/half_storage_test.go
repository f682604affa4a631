package nn

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// halfKernels are the kernels of a program that have an activation or gradient of fp16, but for those on matrices.
func halfKernels(e *graph.Exec) (names []string) {
	for _, w := range e.Work() {
		if name, half := strings.CutSuffix(w.Kernel, "_half"); half && name != "conv2d_pack" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// What lies between the pixels and the loss is fp16 in a graph of fp16; inputs, outputs and gradients that leave are float32, be
// they sums, and so is an Exact graph.
func TestActivationsAreStoredInHalf(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	build := func(g *graph.Graph) (outputs []*graph.Node) {
		x, w := g.Input("x", graph.F32, 2, 9, 9, 3), g.Input("w", graph.F32, 16, 3, 3, 3)
		v, gamma := g.Input("v", graph.F32, 16, 16, 3, 3), g.Input("gamma", graph.F32, 16)
		norm := func(x *graph.Node, residual *graph.Node) *graph.Node {
			return BatchNorm(x, gamma, gamma, ChannelStats(x), NormAttr{1e-5, ReLU}, residual)
		}
		a := norm(Conv2d(x, w, ConvAttr{Padding: 1}), nil)
		b := MaxPool(norm(Conv2d(a, v, ConvAttr{Padding: 1}), a), 3, 2, 1)
		b = AvgPool(norm(Conv2d(b, v, ConvAttr{Padding: 1}), nil), 2, 2, 0)
		b = Conv2d(b, g.Input("grouped", graph.F32, 16, 4, 1, 1), ConvAttr{Groups: 4})
		b = InstanceNorm(b, gamma, gamma, NormAttr{1e-5, ReLU})
		b = GroupNorm(b, gamma, gamma, 2, NormAttr{1e-5, ReLU})
		b = Gate(b, GlobalAvgPool(b))
		y := GlobalAvgPool(b)
		grads := g.GradFrom(y, g.Input("dy", graph.F32, y.Shape()...), x, v)
		return append([]*graph.Node{y}, grads...)
	}
	kernels := func(g *graph.Graph) []string {
		e, err := g.Compile(graph.CompileOptions{Outputs: build(g), Separate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		return halfKernels(e)
	}
	want := []string{"activate_grad", "avg_pool", "avg_pool_grad", "batchnorm", "batchnorm_grad_input_stats", "batchnorm_reduce", "batchnorm_residual",
		"channel_stats", "conv2d_grouped", "conv2d_grouped_grad_input", "gate", "gate_grad", "global_avg_pool", "instance_norm", "instance_norm_grad_input",
		"instance_norm_reduce", "max_pool", "max_pool_grad", "max_pool_index"}
	got := kernels(graph.New(dev))
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s has no tensor of fp16; these have: %v", name, got)
		}
	}
	for _, name := range got { // the gradients of the weights are summed up and scaled back
		if name == "scale" {
			t.Errorf("%s has a tensor of fp16", name)
		}
	}
	if exact := kernels(graph.New(dev).Exact()); len(exact) > 0 {
		t.Errorf("in an exact graph there are tensors of fp16: of %v", exact)
	}
}

// What is over the largest fp16 becomes that, not infinite, be it an activation or a gradient; what is not a number stays so.
func TestHalfStorageSaturates(t *testing.T) {
	g := graph.New(graphtest.HalfDevice(t))
	shape := []int{1, 2, 2, 3}
	values := []float32{1, 65504, 65519, 65536, 1e9, -1e9, 3e38, -3e38, float32(math.NaN()), 0, -65504, 6e-8}
	x, dy := g.Input("x", graph.F32, shape...), g.Input("dy", graph.F32, shape...)
	y := graph.Scale(graph.Add(graph.Scale(x, 1), graph.Scale(x, 0.5)), 1) // what is added is fp16
	dx := g.GradFrom(y, dy, x)[0]
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y, dx}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.Set(x, values), e.Set(dy, values), e.Run(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := halfKernels(e); !slices.Equal(got, []string{"add", "scale"}) {
		t.Errorf("kernels with tensors of fp16 are %v", got)
	}
	got, err := e.Get(y)
	if err != nil {
		t.Fatal(err)
	}
	const most = 65504
	for i, v := range values {
		want := min(max(1.5*float64(v), -most), most)
		switch {
		case math.IsNaN(float64(v)):
			if !math.IsNaN(float64(got[i])) {
				t.Errorf("not a number becomes %v", got[i])
			}
		case !(math.Abs(float64(got[i])-want) <= math.Abs(want)/1024+1e-7):
			t.Errorf("1.5 times %v is %v, want %v", v, got[i], want)
		}
	}
	gradient, err := e.Get(dx)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range gradient { // 1.5 of the seed, of which no more than 16 comes through
		if math.IsInf(float64(v), 0) || values[i] == 1 && v != 1.5 || values[i] > 16 && v < 16 || values[i] < -16 && v > -16 {
			t.Errorf("the gradient %v becomes %v", values[i], v)
		}
	}
}

// Tensors of fp16 take half the memory.
func TestHalfStorageHalvesMemory(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	arena := func(g *graph.Graph) int64 {
		x := g.Input("x", graph.F32, 2, 32, 32, 64)
		y := x
		for range 6 { // all alive until their gradients are there
			y = Activate(y, SiLU)
		}
		y = GlobalAvgPool(y)
		m, err := g.Memory(1, g.GradFrom(y, y, x)[0], y)
		if err != nil {
			t.Fatal(err)
		}
		return m.Arena
	}
	half, full := arena(graph.New(dev)), arena(graph.New(dev).Exact())
	if ratio := float64(half) / float64(full); !(ratio > 0.49 && ratio < 0.6) {
		t.Errorf("%d bytes of %d: want about half", half, full)
	}
}

// A step of an optimiser divides the scale of gradients out as it reads them, to the bits of a graph that has no such scale.
func TestOptimisersScaleGradientsBack(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	step := func(g *graph.Graph) (after []float32, kernels []string) {
		hyper, idx := g.Input("hyper", graph.F32, HyperWords), g.Input("idx", graph.U32, 2)
		x, c, dy := g.Input("x", graph.F32, 2, 8), g.Const("c", single(normals(1, 16)), 2, 8), g.Input("dy", graph.F32, 2, 8)
		dx := g.GradFrom(Mul(x, c), dy, x)[0]
		var state []*graph.Variable
		next := func() *graph.Node {
			v := variable(t, g, normals(uint64(10+len(state)), 16), 2, 8)
			state = append(state, v)
			return g.Variable(v)
		}
		zero := func() *graph.Node {
			v := variable(t, g, make([]float64, 16), 2, 8)
			state = append(state, v)
			return g.Variable(v)
		}
		updates := []*graph.Node{
			SGD(next(), dx, zero(), hyper), Adam(next(), dx, zero(), zero(), hyper), AdamW(next(), dx, zero(), zero(), hyper),
			AdamRows(next(), dx, zero(), zero(), idx, hyper, slices.Repeat([]float64{-9}, 8), slices.Repeat([]float64{9}, 8)),
		}
		e, err := g.Compile(graph.CompileOptions{Outputs: updates})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		numbers := Hyper{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.01}.At(1)
		if err := errors.Join(e.Set(hyper, numbers), e.SetU32(idx, []uint32{1, 0}), e.Set(x, single(normals(2, 16))), e.Set(dy, single(normals(3, 16))),
			e.Run(t.Context())); err != nil {
			t.Fatal(err)
		}
		for _, v := range state {
			after = append(after, read(t, v)...)
		}
		for _, w := range e.Work() {
			kernels = append(kernels, w.Kernel)
		}
		return after, kernels
	}
	got, kernels := step(graph.New(dev))
	want, _ := step(graph.New(dev).Exact())
	if !slices.Equal(got, want) {
		t.Errorf("the optimisers leave %v, without the scale %v", got, want)
	}
	if want := []string{"scale", "mul", "sgd_scaled", "adam_scaled", "adamw_scaled", "adam_rows_scaled"}; !slices.Equal(kernels, want) {
		t.Errorf("kernels are %v, want %v", kernels, want)
	}
}
