package models_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// The loss and its gradient to the pixels agree with PyTorch in float64 to 1e-4, by norm and by the worst pixel
// against the largest. testdata/README.md says how the numbers were made and how close PyTorch's own float32 comes.
func TestGradientToPixelsAgreesWithPyTorch(t *testing.T) {
	for _, c := range []struct {
		file   string
		seed   uint64
		n, px  int
		labels []uint32
		model  func(t *testing.T) *models.Model
	}{
		{"gradient_32", 2, 4, 32, []uint32{3, 14, 15, 92}, teacher},
		{"gradient_64", 33, 2, 64, []uint32{3, 14}, teacher},
		{"resnet18_formula", 13, 2, 64, []uint32{3, 7}, formula("resnet18", models.ImageNet)},
		{"resnet50_formula", 4, 2, 32, []uint32{3, 7}, formula("resnet50", models.CIFAR)},
	} {
		t.Run(c.file, func(t *testing.T) {
			want := modelstest.Reference(t, c.file)
			m := c.model(t)
			p := newPass(t, m, c.n, c.px)
			p.run(t, modelstest.Pixels(c.seed, c.n*c.px*c.px*3), c.labels)

			near(t, "cross-entropy", p.get(t, p.ce), want.Float64("ce", 1), 1e-5)
			near(t, "L_BN", p.get(t, p.bn), want.Float64("bn", 1), 1e-5)
			near(t, "loss", p.get(t, p.total), want.Float64("total", 1), 1e-5)
			near(t, "features", p.get(t, p.out.Features), want.Float64("features", c.n, m.Width()), 1e-4)
			near(t, "logits", p.get(t, p.out.Logits), want.Float64("logits", c.n, m.Spec.Classes), 1e-4)
			byVar, byMean := p.distances(t, c.file)
			near(t, "variance terms", byVar, want.Float64("bn_var", len(byVar)), 1e-4)
			near(t, "mean terms", byMean, want.Float64("bn_mean", len(byMean)), 1e-4)

			gradient := want.Float64("gradient", c.n, c.px, c.px, 3)
			got := p.get(t, p.gradient)
			norm, worst := errors64(got, gradient)
			t.Logf("gradient: off by %.2g of the norm, at worst by %.2g of the largest entry", norm, worst)
			if tol := graphtest.Tolerance(1e-4, kinks); !(norm < tol && worst < 2*tol) {
				t.Errorf("gradient is off by %.3g of the norm and %.3g of the largest entry, want %.1g and twice that", norm, worst, tol)
			}
		})
	}
}

// How far, of the norm, results may be off in fp16: forward, and gradients through networks with and without kinks. What rounding
// moves across a ReLU's kink, some 5 in 10,000 numbers, changes the gradient by that number's whole share, so that its error is
// the root of the rounding's, a few per cent, in exact sums of rounded operands and in PyTorch's autocast as in ours
// (testdata/README.md): of most networks, and through the 35 kinks of MobileNetV2 or AlexNet's max-pools, of which rounding moves the maxima.
const (
	half   = 2e-2
	kinks  = 4.5e-2
	many   = 1.2e-1
	smooth = 5e-3
)

// pass is the frozen network's loss on a batch and its gradient to the pixels: Eqn 1.
type pass struct {
	exec                    *graph.Exec
	x, labels               *graph.Node
	out                     models.Output
	ce, bn, total, gradient *graph.Node
}

func newPass(t *testing.T, m *models.Model, n, px int) *pass {
	t.Helper()
	g := graph.New(graphtest.Device(t))
	p := &pass{x: g.Input("x", graph.F32, n, px, px, 3), labels: g.Input("labels", graph.U32, n)}
	p.out = m.Forward(p.x, models.Eval)
	p.ce = nn.SoftmaxCrossEntropy(p.out.Logits, p.labels, 0)
	var weights []float64
	var terms []*graph.Node
	outputs := []*graph.Node{p.out.Features, p.out.Logits}
	for i, l := range p.out.BN {
		weights = append(weights, map[bool]float64{true: 10, false: 1}[i == 0])
		terms = append(terms, nn.BNLoss(l.Stats, l.Running))
		outputs = append(outputs, l.Stats, l.Running)
	}
	if p.bn = g.Const("no batch norm", []float32{0}, 1); len(terms) > 0 {
		p.bn = nn.WeightedSum(weights, terms...)
	}
	p.total = nn.WeightedSum([]float64{1, 0.01}, p.ce, p.bn)
	p.gradient = g.Grad(p.total, p.x)[0]
	var err error
	outputs = append(outputs, p.ce, p.bn, p.total, p.gradient)
	p.exec, err = g.Compile(graph.CompileOptions{Name: m.Name, Outputs: outputs, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.exec.Close)
	return p
}

func (p *pass) run(t *testing.T, x []float32, labels []uint32) {
	t.Helper()
	for _, err := range []error{p.exec.Set(p.x, x), p.exec.SetU32(p.labels, labels), p.exec.Run(context.Background())} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (p *pass) get(t *testing.T, n *graph.Node) []float64 {
	t.Helper()
	v, err := p.exec.Get(n)
	if err != nil {
		t.Fatal(err)
	}
	return modelstest.Widen(v)
}

// distances are |running_var - var| and |running_mean - mean| of each layer, in torchvision's order.
func (p *pass) distances(t *testing.T, file string) (byVar, byMean []float64) {
	t.Helper()
	layers := map[string]models.BNLayer{}
	for _, l := range p.out.BN {
		layers[l.Name] = l
	}
	kind, _, _ := strings.Cut(file, "_")
	if kind == "gradient" {
		kind = "resnet18"
	}
	for _, e := range modelstest.Torchvision(t, kind) {
		name, is := strings.CutSuffix(e.Name, ".running_mean")
		if !is {
			continue
		}
		l, ok := layers[name]
		if !ok {
			t.Fatalf("the forward pass has no batch norm %q", name)
		}
		stats, running := p.get(t, l.Stats), p.get(t, l.Running)
		c := len(stats) / 2
		byMean = append(byMean, distance(stats[:c], running[:c]))
		byVar = append(byVar, distance(stats[c:], running[c:]))
	}
	if len(byVar) != len(p.out.BN) {
		t.Fatalf("the forward pass has %d batch norms, torchvision %d", len(p.out.BN), len(byVar))
	}
	return byVar, byMean
}

func teacher(t *testing.T) *models.Model { return modelstest.Teacher(t, true) }

// formula opens a network of ten classes with the weights of testdata/README.md.
func formula(name string, stem models.Stem) func(t *testing.T) *models.Model {
	return func(t *testing.T) *models.Model { return modelstest.Formula(t, name, 10, stem) }
}

// near fails unless got is within tol of want by norm, or where products are of fp16, within what that allows.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	tol = graphtest.Tolerance(tol, half)
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	if norm, _ := errors64(got, want); !(norm <= tol) {
		n := min(4, len(got))
		t.Errorf("%s is off by %.3g of the norm, want %.1g: %v for %v", what, norm, tol, got[:n], want[:n])
	}
}

// errors64 is the error relative to want's norm, and the worst relative to its largest entry.
func errors64(got, want []float64) (norm, worst float64) {
	largest := 0.0
	for i, w := range want {
		worst = math.Max(worst, math.Abs(got[i]-w))
		largest = math.Max(largest, math.Abs(w))
	}
	return distance(got, want) / distance(want, make([]float64, len(want))), worst / largest
}

func distance(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(s)
}
