package models_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// swinOf makes a Swin-T of ten classes with the weights of testdata/README.md.
func swinOf(t *testing.T, frozen bool) *models.Model {
	t.Helper()
	m, err := models.Build(graphtest.Device(t), "swin-t", models.Spec{Classes: 10, Stem: models.ImageNet, Frozen: frozen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	modelstest.Fill(t, m)
	return m
}

// emptySwin makes a Swin-T of ten classes whose weights are zero.
func emptySwin(t *testing.T) *models.Model {
	t.Helper()
	m, err := models.Build(graphtest.Device(t), "swin-t", models.Spec{Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

// Loss, features and the gradient to the pixels agree with PyTorch in float64: at 64 px, where every stage fills its windows
// up, and at 112, where some are whole.
func TestSwinAgreesWithPyTorch(t *testing.T) {
	want, m := modelstest.Reference(t, "swin_t"), swinOf(t, true)
	for _, c := range []struct {
		px, n    int
		seed     uint64
		gradient bool
	}{{64, 2, 51, true}, {112, 1, 52, false}} {
		p := newPass(t, m, c.n, c.px)
		p.run(t, modelstest.Pixels(c.seed, c.n*c.px*c.px*3), []uint32{3, 7}[:c.n])
		key := fmt.Sprintf("%d_", c.px)
		near(t, key+"cross-entropy", p.get(t, p.ce), want.Float64(key+"ce", 1), 1e-5)
		near(t, key+"features", p.get(t, p.out.Features), want.Float64(key+"features", c.n, 768), 1e-5)
		near(t, key+"logits", p.get(t, p.out.Logits), want.Float64(key+"logits", c.n, 10), 1e-5)
		if !c.gradient {
			continue
		}
		norm, worst := errors64(p.get(t, p.gradient), want.Float64(key+"gradient", c.n, c.px, c.px, 3))
		t.Logf("%d px: gradient off by %.2g of the norm, at worst by %.2g of the largest entry", c.px, norm, worst)
		if !(norm < 2e-5 && worst < 2e-5) {
			t.Errorf("%d px: gradient is off by %.3g of the norm and %.3g of the largest entry, want 2e-5", c.px, norm, worst)
		}
	}
}

// A step of AdamW at 36 px, where stages have odd sides, agrees with PyTorch in float64, tensor by tensor. The README says
// how close PyTorch's own float32 comes.
func TestSwinStepAgreesWithPyTorch(t *testing.T) {
	want, m := modelstest.Reference(t, "swin_t"), swinOf(t, false)
	const n, px = 2, 36
	g := graph.New(graphtest.Device(t))
	x, labels := g.Input("x", graph.F32, n, px, px, 3), g.Input("labels", graph.U32, n)
	decay, plain := g.Input("decay", graph.F32, nn.HyperWords), g.Input("plain", graph.F32, nn.HyperWords)
	loss := nn.SoftmaxCrossEntropy(m.Forward(x, models.Eval).Logits, labels, 0) // without stochastic depth
	var weights []*graph.Node
	var names []string
	var before [][]float64
	for _, v := range m.Trainable() {
		weights, names, before = append(weights, g.Variable(v)), append(names, v.Name()), append(before, modelstest.Widen(read(t, v)))
	}
	if want := want.Strings("parameters"); !slices.Equal(names, want) {
		t.Fatalf("parameters are %v, torchvision has %v", names, want)
	}
	grads := g.Grad(loss, weights...)
	outputs := append([]*graph.Node{loss}, grads...)
	for i, w := range weights {
		moment := func() *graph.Node {
			v, err := graph.NewVariable(g.Device(), "moment", graph.F32, false, w.Shape()...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(v.Free)
			return g.Variable(v)
		}
		hyper := plain
		if len(w.Shape()) > 1 {
			hyper = decay
		}
		outputs = append(outputs, nn.AdamW(w, grads[i], moment(), moment(), hyper))
	}
	e, err := g.Compile(graph.CompileOptions{Name: "swin step", Outputs: outputs, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	h := nn.Hyper{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	err = errors.Join(e.Set(x, modelstest.Pixels(53, x.Size())), e.SetU32(labels, []uint32{3, 7}), e.Set(plain, h.At(1)))
	h.WeightDecay = 0.05
	if err = errors.Join(err, e.Set(decay, h.At(1)), e.Run(context.Background())); err != nil {
		t.Fatal(err)
	}
	get := func(n *graph.Node) []float64 {
		v, err := e.Get(n)
		if err != nil {
			t.Fatal(err)
		}
		return modelstest.Widen(v)
	}
	near(t, "loss", get(loss), want.Float64("step_loss", 1), 1e-5)
	var gradients, updates [][]float64
	for i, v := range m.Trainable() {
		gradients, updates = append(gradients, get(grads[i])), append(updates, modelstest.Widen(read(t, v)))
		for k := range updates[i] {
			updates[i][k] -= before[i][k]
		}
	}
	want.Compare("step_gradient", names, gradients, 5e-4)
	want.Compare("step_update", names, updates, 5e-3) // Adam enlarges the rounding of small gradients
}

// Weights travel to torchvision and back: a file has the index of relative positions that torchvision's network wants, and a
// network reads a file with it.
func TestSwinFileHasTorchvisionsTensors(t *testing.T) {
	m := emptySwin(t)
	marked := variable(t, m, "features.5.2.attn.proj.weight")
	if err := marked.Write(modelstest.Pixels(1, marked.Shape().Size())); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "swin.safetensors")
	if err := m.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	f, err := nn.OpenTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	index, err := f.Int64("features.5.3.attn.relative_position_index")
	if err != nil {
		t.Fatal(err)
	}
	// torchvision's: tokens 0 and 1 are 6 columns of 13 from the middle, 84, on each side.
	if len(index) != 49*49 || index[0] != 84 || index[1] != 83 || index[49] != 85 || index[48] != 0 || index[49*48] != 168 {
		t.Errorf("index of %d tokens begins with %v", len(index), index[:8])
	}
	back, err := models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if back.Name != "swin-t" || back.Spec.Classes != 10 || back.Width() != 768 {
		t.Errorf("got %s with %d classes and %d features, want swin-t with 10 and 768", back.Name, back.Spec.Classes, back.Width())
	}
	if !equal(read(t, marked), read(t, variable(t, back, marked.Name()))) {
		t.Errorf("%s changed on the way", marked.Name())
	}
}

// torchvision's swin_t has 28 288 354 weights.
func TestSwinSize(t *testing.T) {
	list, err := models.Layout("swin-t", models.Spec{Classes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	numbers := 0
	for _, p := range list {
		numbers += graph.Shape(p.Shape).Size()
	}
	if numbers != 28_288_354 {
		t.Errorf("%d weights, want 28288354", numbers)
	}
}

// Linear layers and tables are drawn as torchvision draws them, normal with deviation 0.02 and without bias.
func TestSwinIsDrawnAsTorchvisions(t *testing.T) {
	m := newModel(t, "swin-t", models.Spec{Classes: 10, Seed: 1})
	for _, name := range []string{"features.1.0.attn.relative_position_bias_table", "features.3.1.mlp.0.weight", "features.2.reduction.weight", "head.weight"} {
		w := read(t, variable(t, m, name))
		mean, std := moments(w)
		if near := 4 / math.Sqrt(float64(len(w))); math.Abs(mean) > 0.02*near || math.Abs(std/0.02-1) > near {
			t.Errorf("%s: mean %.3g, deviation %.4g: want 0 and 0.02", name, mean, std)
		}
	}
	for name, want := range map[string]float32{"head.bias": 0, "features.1.0.norm1.weight": 1, "features.1.0.attn.qkv.bias": 0} {
		if got := read(t, variable(t, m, name)); slices.Max(got) != want || slices.Min(got) != want {
			t.Errorf("%s is between %g and %g, want %g", name, slices.Min(got), slices.Max(got), want)
		}
	}
}

func TestSwinRefusesImagesBelowAPatch(t *testing.T) {
	m := emptySwin(t)
	g := graph.New(graphtest.Device(t))
	out := m.Forward(g.Input("x", graph.F32, 1, 3, 64, 3), models.Eval)
	_, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out.Logits}})
	if want := "images of 3 x 64 px: want at least 4 px"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
