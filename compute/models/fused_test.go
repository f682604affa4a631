package models_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Steps in which kernels do the work of batch norms and their gradients on the way give the numbers of steps in which every
// operation passes over memory by itself, with fewer kernels and less traffic.
func TestStepsAreTheSameFusedAndNot(t *testing.T) {
	stepsAreTheSame(t, graphtest.WithoutVectors(t), []fusedStep{ // kernels on vector registers do less on the way
		{"resnet8", 16, 0.1}, {"resnet18", 32, 0.03}, {"densenet121", 32, 0.05}, {"mobilenetv2", 32, 0.25}, {"shufflenetv2-x1.0", 32, 0.05},
	})
}

// The same with cooperative matrices and tensors in fp16, of a network whose kernels a CPU driver compiles in minutes.
func TestStepsInHalfPrecisionAreTheSameFusedAndNot(t *testing.T) {
	stepsAreTheSame(t, graphtest.HalfDevice(t), []fusedStep{{"resnet8", 16, 0.02}})
}

type fusedStep struct {
	network string
	size    int
	less    float64 // of what a step of recover moves, at least
}

func stepsAreTheSame(t *testing.T, dev *vk.Device, steps []fusedStep) {
	for _, c := range steps {
		for _, train := range []bool{false, true} {
			if train && c.network == "densenet121" { // takes long, and has nothing that the others have not
				continue
			}
			name := map[bool]string{false: c.network + " recover", true: c.network + " squeeze"}[train]
			t.Run(name, func(t *testing.T) {
				separate, kernels, bytes := step(t, dev, c.network, c.size, train, true, 1)
				fused, fewer, less := step(t, dev, c.network, c.size, train, false, 1)
				worst, most, rounding := furthest(fused, separate), 1e-4, 3e-7
				if dev.Info().Precision == vk.FP16 {
					most, rounding = 5e-3, 1e-3
				}
				if worst > most { // roundings decide on which side of its kink an activation is: no more than those of the pixels do
					near, _, _ := step(t, dev, c.network, c.size, train, true, 1+rounding)
					most = 2 * furthest(near, separate)
				}
				t.Logf("%d kernels instead of %d, %.1f MB instead of %.1f, relative difference %.2g", fewer, kernels, less/1e6, bytes/1e6, worst)
				if !(worst <= most) {
					t.Errorf("relative difference %g, want at most %g", worst, most)
				}
				if !train && !(less < (1-c.less)*bytes) {
					t.Errorf("%.4g bytes, without fusion %.4g: want %g %% less", less, bytes, 100*c.less)
				}
			})
		}
	}
}

// step is one of recover or squeeze: the loss and all gradients, the number of kernels and how much they move.
func step(t *testing.T, dev *vk.Device, network string, size int, train, separate bool, scale float64) (results [][]float32, kernels int, bytes float64) {
	t.Helper()
	m, err := models.New(dev, network, models.Spec{Classes: 10, Stem: models.StemFor(size), Size: size, Frozen: !train, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	draw := graphtest.Normal
	for i, v := range m.Variables() {
		values := make([]float32, v.Shape().Size())
		for j := range values {
			z := draw(uint64(i), uint64(j))
			switch name := v.Name(); {
			case strings.HasSuffix(name, "running_var"):
				values[j] = float32(0.5 + math.Abs(z))
			case strings.HasSuffix(name, "running_mean"), strings.HasSuffix(name, "bias"):
				values[j] = float32(0.2 * z)
			case len(v.Shape()) == 1:
				values[j] = float32(1 + 0.2*z)
			}
		}
		if len(v.Shape()) == 1 {
			if err := v.Write(values); err != nil {
				t.Fatal(err)
			}
		}
	}
	const n = 4
	g := graph.New(dev)
	defer g.Discard()
	x, labels := g.Input("x", graph.F32, n, size, size, 3), g.Input("labels", graph.U32, n)
	mode := models.Eval
	if train {
		mode = models.Train
	}
	out := m.Forward(x, mode)
	terms, weights := []*graph.Node{nn.SoftmaxCrossEntropy(out.Logits, labels, 0)}, []float64{1}
	wrt := []*graph.Node{x}
	if train {
		for _, v := range m.Trainable() {
			wrt = append(wrt, g.Variable(v))
		}
	} else {
		for _, l := range out.BN {
			terms, weights = append(terms, nn.BNLoss(l.Stats, l.Running)), append(weights, 0.01)
		}
	}
	loss := nn.WeightedSum(weights, terms...)
	outputs := append([]*graph.Node{loss, out.Logits}, g.Grad(loss, wrt...)...)
	e, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true, Separate: separate, Name: network})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	pixels := make([]float32, x.Size())
	for i := range pixels {
		pixels[i] = float32(draw(99, uint64(i)) * scale)
	}
	if err := e.Set(x, pixels); err != nil {
		t.Fatal(err)
	}
	if err := e.SetU32(labels, []uint32{0, 3, 7, 9}); err != nil {
		t.Fatal(err)
	}
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, o := range outputs {
		values, err := e.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, values)
	}
	for _, w := range e.Work() {
		kernels, bytes = kernels+1, bytes+float64(w.Bytes)
	}
	return results, kernels, bytes
}

// furthest is the largest distance of a tensor of a from its like in b, relative to its norm, or to a thousandth of the largest
// norm, for some gradients would be zero without rounding. NaN counts as infinite.
func furthest(a, b [][]float32) (worst float64) {
	largest := 0.0
	for _, v := range b {
		largest = max(largest, norm(v))
	}
	for i := range b {
		d := make([]float32, len(b[i]))
		for j := range d {
			d[j] = a[i][j] - b[i][j]
		}
		n := norm(d) / max(norm(b[i]), 1e-3*largest)
		if math.IsNaN(n) {
			return math.Inf(1)
		}
		worst = max(worst, n)
	}
	return worst
}

func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}
