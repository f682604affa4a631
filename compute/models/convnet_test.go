package models_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// Names, shapes and their number are those of the condensation repositories' state_dict.
func TestConvNetParameters(t *testing.T) {
	for _, c := range []struct {
		network              string
		depth, size, classes int
		features, numbers    int
	}{
		{"convnet3", 3, 32, 10, 2048, 320_010}, // as published
		{"convnet3", 3, 64, 200, 8192, 1_938_120},
		{"convnet3", 3, 36, 10, 2048, 320_010}, // AvgPool2d drops the last row of an odd side
		{"convnet4", 4, 64, 200, 2048, 857_160},
	} {
		m := newModel(t, c.network, models.Spec{Classes: c.classes, Size: c.size})
		want := map[string]graph.Shape{"classifier.weight": {c.classes, c.features}, "classifier.bias": {c.classes}}
		for block := range c.depth {
			in := 128
			if block == 0 {
				in = 3
			}
			conv, norm := fmt.Sprintf("features.%d.", 4*block), fmt.Sprintf("features.%d.", 4*block+1)
			want[conv+"weight"], want[conv+"bias"] = graph.Shape{128, in, 3, 3}, graph.Shape{128}
			want[norm+"weight"], want[norm+"bias"] = graph.Shape{128}, graph.Shape{128}
		}
		numbers := 0
		for _, v := range m.Variables() {
			if !v.Shape().Equal(want[v.Name()]) {
				t.Errorf("%s, %d px: %s is %v, want %v", c.network, c.size, v.Name(), v.Shape(), want[v.Name()])
			}
			numbers += v.Shape().Size()
			delete(want, v.Name())
		}
		if numbers != c.numbers || m.Width() != c.features || len(want) > 0 {
			t.Errorf("%s, %d px: %d numbers, %d features, lacking %v: want %d, %d and none", c.network, c.size, numbers, m.Width(), want, c.numbers, c.features)
		}
	}
}

// Convolutions and their biases are drawn as torch.nn.Conv2d draws them, whatever the side of the images.
func TestConvNetIsDrawnAsPyTorchs(t *testing.T) {
	m := newModel(t, "convnet3", models.Spec{Classes: 10, Stem: models.ImageNet, Size: 64, Seed: 1})
	for name, fanIn := range map[string]float64{
		"features.0.weight": 27, "features.0.bias": 27, "features.4.weight": 9 * 128, "features.8.bias": 9 * 128, "classifier.weight": 8192,
	} {
		w := read(t, variable(t, m, name))
		mean, std := moments(w)
		bound, near := 1/math.Sqrt(fanIn), 3/math.Sqrt(float64(len(w)))
		if math.Abs(mean) > near*bound || math.Abs(std*math.Sqrt(3)/bound-1) > near {
			t.Errorf("%s: mean %.3g, deviation %.4g: want 0 and %.4g", name, mean, std, bound/math.Sqrt(3))
		}
	}
}

// Steps of a student, as FADRM trains it, from the weights of testdata/README.md agree with PyTorch in float64: KL at
// temperature 20 in two micro-batches, AdamW that decays matrices only. The README says how close PyTorch's own float32 comes.
func TestStudentStepsAgreeWithPyTorch(t *testing.T) {
	for _, c := range []struct{ size, batch, steps int }{{16, 8, 5}, {32, 16, 2}} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			want := modelstest.Reference(t, fmt.Sprintf("student_%d", c.size))
			seed, err := strconv.ParseUint(want.Metadata("seed"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			s := newStudent(t, want, c.size, c.batch)
			for step := range c.steps {
				logits, gradients := s.step(t, seed+uint64(step), step, nn.Hyper{
					LR: 0.0005 * (1 + math.Cos(math.Pi*float64(step)/float64(c.steps)/2)), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
				})
				key := fmt.Sprintf("step%d_", step+1)
				near(t, key+"loss", s.get(t, s.loss), want.Float64(key+"loss", 1), 3e-5)
				near(t, key+"logits", logits, want.Float64(key+"logits", c.batch, 10), 3e-5)
				want.Compare(key+"gradient", s.names, gradients, 2e-5)
				want.Compare(key+"update", s.names, s.updates(t), 5e-5) // Adam enlarges the rounding of small gradients
			}
		})
	}
}

// student is a ConvNet-3 with the step that trains it.
type student struct {
	exec                     *graph.Exec
	x, teacher, decay, plain *graph.Node
	loss                     *graph.Node
	logits, grads            []*graph.Node
	weights                  []*graph.Variable
	names                    []string
	before                   [][]float64
}

func newStudent(t *testing.T, want modelstest.Tensors, size, batch int) *student {
	t.Helper()
	const classes = 10
	m := newModel(t, "convnet3", models.Spec{Classes: classes, Size: size})
	modelstest.Fill(t, m)
	var tensors []string
	for _, v := range m.Variables() {
		tensors = append(tensors, v.Name())
	}
	if want := want.Strings("names"); !slices.Equal(tensors, want) {
		t.Fatalf("tensors are %v, PyTorch has %v", tensors, want)
	}
	g := graph.New(graphtest.Device(t))
	s := &student{
		x: g.Input("x", graph.F32, batch, size, size, 3), teacher: g.Input("teacher", graph.F32, batch, classes),
		decay: g.Input("decay", graph.F32, nn.HyperWords), plain: g.Input("plain", graph.F32, nn.HyperWords), weights: m.Trainable(),
	}
	var losses, weights []*graph.Node
	for at := 0; at < batch; at += batch / 2 {
		out := m.Forward(nn.SliceRows(s.x, at, batch/2), models.Train)
		losses = append(losses, nn.KLDiv(out.Logits, nn.SliceRows(s.teacher, at, batch/2), 20))
		s.logits = append(s.logits, out.Logits)
	}
	s.loss = nn.WeightedSum([]float64{0.5, 0.5}, losses...)
	for _, v := range s.weights {
		weights = append(weights, g.Variable(v))
		s.names, s.before = append(s.names, v.Name()), append(s.before, modelstest.Widen(read(t, v)))
	}
	if want := want.Strings("parameters"); !slices.Equal(s.names, want) {
		t.Fatalf("trainable are %v, want %v", s.names, want)
	}
	s.grads = g.Grad(s.loss, weights...)
	outputs := append(append([]*graph.Node{s.loss}, s.logits...), s.grads...)
	for i, w := range weights {
		moment := func() *graph.Node {
			v, err := graph.NewVariable(g.Device(), "moment", graph.F32, false, w.Shape()...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(v.Free)
			return g.Variable(v)
		}
		hyper := s.plain
		if len(w.Shape()) > 1 {
			hyper = s.decay
		}
		outputs = append(outputs, nn.AdamW(w, s.grads[i], moment(), moment(), hyper))
	}
	var err error
	if s.exec, err = g.Compile(graph.CompileOptions{Name: "student", Outputs: outputs, Poison: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.exec.Close)
	return s
}

// step trains on images and logits by formula.
func (s *student) step(t *testing.T, seed uint64, step int, h nn.Hyper) (logits []float64, gradients [][]float64) {
	t.Helper()
	targets := make([]float32, s.teacher.Size())
	for i, u := range modelstest.Uniform(seed+500, len(targets)) {
		targets[i] = float32(8*u - 4)
	}
	err := errors.Join(s.exec.Set(s.x, modelstest.Pixels(seed, s.x.Size())), s.exec.Set(s.teacher, targets), s.exec.Set(s.plain, h.At(step+1)))
	h.WeightDecay = 0.01
	if err = errors.Join(err, s.exec.Set(s.decay, h.At(step+1)), s.exec.Run(context.Background())); err != nil {
		t.Fatal(err)
	}
	for _, n := range s.logits {
		logits = append(logits, s.get(t, n)...)
	}
	for _, n := range s.grads {
		gradients = append(gradients, s.get(t, n))
	}
	return logits, gradients
}

// updates are the weights less what they were at first.
func (s *student) updates(t *testing.T) (list [][]float64) {
	t.Helper()
	for i, v := range s.weights {
		u := modelstest.Widen(read(t, v))
		for k := range u {
			u[k] -= s.before[i][k]
		}
		list = append(list, u)
	}
	return list
}

func (s *student) get(t *testing.T, n *graph.Node) []float64 {
	t.Helper()
	v, err := s.exec.Get(n)
	if err != nil {
		t.Fatal(err)
	}
	return modelstest.Widen(v)
}

// What Save writes, Open reads back, and the side of the images follows from the classifier.
func TestConvNetFileSaysItsSize(t *testing.T) {
	m := newModel(t, "convnet3", models.Spec{Classes: 7, Size: 64, Seed: 3})
	path := filepath.Join(t.TempDir(), "convnet.safetensors")
	if err := m.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	back, err := models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if back.Spec.Size != 64 || back.Origin.Size != 64 || back.Spec.Classes != 7 || back.Width() != 8192 {
		t.Errorf("got %+v with %d features from %+v: want 64 px, 7 classes, 8192 features", back.Spec, back.Width(), back.Origin)
	}
	for _, v := range m.Variables() {
		if !equal(read(t, v), read(t, variable(t, back, v.Name()))) {
			t.Errorf("%s changed on the way", v.Name())
		}
	}
}

func TestConvNetRefusesOtherSizes(t *testing.T) {
	dev := graphtest.Device(t)
	if _, err := models.New(dev, "convnet4", models.Spec{Classes: 2, Size: 15}); err == nil || !strings.Contains(err.Error(), "images of 15 x 15 px: want at least 16 px") {
		t.Errorf("15 px: error %v", err)
	}
	m := newModel(t, "convnet3", models.Spec{Classes: 2}) // 32 px where none is said
	g := graph.New(dev)
	out := m.Forward(g.Input("x", graph.F32, 1, 64, 64, 3), models.Eval)
	_, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out.Logits}})
	if want := "images of 64 x 64 px: want 32 px, which its classifier is made for"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
