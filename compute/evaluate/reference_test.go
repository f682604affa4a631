package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/label"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// The student of testdata/README.md.
const (
	refSide, refClasses, refImages, refBatch = 16, 10, 28, 12
)

// 20 steps of a student agree with PyTorch in float64, tensor by tensor: losses, rates, gradient of the first step, how far
// each parameter has moved, running statistics. The first step is near; of the others testdata/README.md says what can be wanted.
func TestStudentStepsAgreeWithPyTorch(t *testing.T) {
	for _, c := range []struct {
		network string
		torch   func(name string) string // PyTorch's name of a parameter
	}{
		{"resnet18", func(name string) string { return name }},
		{"convnet3", func(name string) string {
			return strings.Replace(strings.TrimPrefix(name, "features."), "classifier", "13", 1)
		}},
	} {
		t.Run(c.network, func(t *testing.T) {
			want := modelstest.ReferenceIn(t, "testdata", c.network)
			var parameters, running []string
			var float32s map[string]float64
			for key, to := range map[string]any{"parameters": &parameters, "running": &running, "float32": &float32s} {
				if err := json.Unmarshal([]byte(want.Metadata(key)), to); err != nil {
					t.Fatal(err)
				}
			}
			s := referenceStudent(t, c.network, refSide, 1e-3)
			modelstest.Fill(t, s.model)
			of := map[string]*graph.Variable{}
			before := map[string][]float64{}
			for _, v := range s.model.Variables() {
				of[c.torch(v.Name())], before[c.torch(v.Name())] = v, values(t, v)
			}
			moment := map[string]*graph.Variable{}
			for i, v := range s.model.Trainable() {
				moment[c.torch(v.Name())] = s.state[i][0]
			}
			rates, losses := want.Float64("rates", 20), want.Float64("losses", 20)
			for step := 1; step <= 20; step++ {
				if got := s.protocol.Student.Rate((step - 1) / 3); got != rates[step-1] {
					t.Errorf("step %d: rate %v, PyTorch has %v", step, got, rates[step-1])
				}
				loss := referenceStep(t, s, step)
				if off := math.Abs(loss/losses[step-1] - 1); !(off <= 5*max(float32s["losses"], 1e-6)) {
					t.Errorf("step %d: loss %.7g, PyTorch has %.7g, off by %.1g", step, loss, losses[step-1], off)
				}
				compare := func(what string, names []string, get func(name string) []float64) {
					key := fmt.Sprintf("step%d_%s", step, what)
					tol := func(kind string, least float64) float64 { return 5 * max(float32s[key+"_"+kind], least) }
					norms, firsts := want.Float64(key+"_norm", len(names)), want.Float64(key+"_first8", len(names), 8)
					worst, worstFirst := 0.0, 0.0
					for i, name := range names {
						got := get(name)
						worst = max(worst, math.Abs(norm(got, nil)/norms[i]-1))
						worstFirst = max(worstFirst, norm(got[:8], firsts[8*i:8*i+8])/norm(firsts[8*i:8*i+8], nil))
					}
					t.Logf("%s: norms off by at most %.1g (PyTorch's float32 %.1g), first elements by %.1g (%.1g)", key, worst, float32s[key+"_norm"], worstFirst, float32s[key+"_first8"])
					if !(worst <= tol("norm", 1e-5)) || !(worstFirst <= tol("first8", 1e-4)) {
						t.Errorf("%s: norms off by %.2g and first elements by %.2g, want %.2g and %.2g", key, worst, worstFirst, tol("norm", 1e-5), tol("first8", 1e-4))
					}
				}
				if step == 1 {
					compare("gradient", parameters, func(name string) []float64 { return scaled(values(t, moment[name]), 10) })
				}
				if slices.Contains([]int{1, 2, 5, 20}, step) {
					compare("update", parameters, func(name string) []float64 { return less(values(t, of[name]), before[name]) })
					compare("parameter", parameters, func(name string) []float64 { return values(t, of[name]) })
					if len(running) > 0 {
						compare("running", running, func(name string) []float64 { return values(t, of[name]) })
					}
				}
			}
		})
	}
}

// referenceStudent is trained on images of that side, with that rate at first. Its weights are still to be filled in.
func referenceStudent(t *testing.T, network string, side int, rate float64) *student {
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "cifar-100", Classes: refClasses, Size: side}, 10, network)
	if err != nil {
		t.Fatal(err)
	}
	p.Labels.Batch, p.Labels.Mix, p.Labels.Halves, p.Labels.Flip = refBatch, protocol.NoMix, false, 0
	p.Labels.Area, p.Labels.Ratio = [2]float64{1, 1}, [2]float64{1, 1}
	p.Student.Epochs, p.Student.LR, p.Student.Eta = 7, rate, 2
	plan, err := label.NewPlan(p.Labelled(), refImages, side)
	if err != nil {
		t.Fatal(err)
	}
	data := train.Data{Name: "formula", Test: first{formulaImages(side), 1}, Classes: refClasses, Size: side, Mean: modelstest.Mean, Std: modelstest.Std}
	s, err := newStudent(graphtest.Device(t), data, network, p, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.begin(0); err != nil {
		t.Fatal(err)
	}
	return s
}

// formulaImages are the images of testdata/README.md: noise, or with more than 64 px squares of 8 px.
func formulaImages(side int) *modelstest.Images {
	square := 1
	if side > 64 {
		square = 8
	}
	grid := side / square
	s := &modelstest.Images{}
	u := modelstest.Uniform(77, refImages*grid*grid*3)
	for i := range refImages {
		rgb := make([]byte, 0, side*side*3)
		for y := range side {
			for x := range side {
				for c := range 3 {
					rgb = append(rgb, byte(256*u[((i*grid+y/square)*grid+x/square)*3+c]))
				}
			}
		}
		s.Add(0, rgb)
	}
	return s
}

// referenceStep makes a step, from 1, on the images and labels of testdata/README.md and returns its loss.
func referenceStep(t *testing.T, s *student, step int) float64 {
	t.Helper()
	epoch, b := (step-1)/3, (step-1)%3
	v := label.View{Epoch: epoch, Batch: b, Lambda: 1}
	for i := b * refBatch; i < min((b+1)*refBatch, refImages); i++ {
		v.Index = append(v.Index, i)
		v.Shifts = nn.Shift{}.Append(v.Shifts)
	}
	p := s.programs[len(v.Index)]
	in := &steps{block: p.tables.block(), program: p, epoch: epoch}
	tr := &training{student: s, trial: Trial{Set: &Set{Images: formulaImages(s.data.Size)}, Protocol: s.protocol}, labels: formulaLabels{}}
	f := &feeder{training: tr}
	if err := f.fill(context.Background(), in, b, v); err != nil {
		t.Fatal(err)
	}
	losses, err := s.run(context.Background(), p, in.block, 1)
	if err != nil || len(losses) != 1 {
		t.Fatalf("losses %v, %v", losses, err)
	}
	return float64(losses[0])
}

// formulaLabels are the teacher's logits.
type formulaLabels struct{}

func (formulaLabels) Classes() int { return refClasses }

func (formulaLabels) Logits(_ context.Context, v label.View) ([]float32, error) {
	u := modelstest.Uniform(uint64(200+v.Epoch), refImages*refClasses)
	var out []float32
	for _, i := range v.Index {
		for _, x := range u[i*refClasses : (i+1)*refClasses] {
			out = append(out, float32(20*x-10))
		}
	}
	return out, nil
}

// KL of softmax at a temperature, without T^2 and as a mean over rows, is PyTorch's to the last digits in float64; the device's
// is near in float32.
func TestKLAgreesWithPyTorch(t *testing.T) {
	want := modelstest.ReferenceIn(t, "testdata", "kl")
	const n, c, T = 5, 7, 20.0
	logits := func(seed uint64) []float64 { return scaled(modelstest.Uniform(seed, n*c), 60) }
	student, teacher := logits(301), logits(302)
	loss, gradient := 0.0, make([]float64, n*c)
	for i := range n {
		p, q := softmax(teacher[i*c:(i+1)*c], 30, T), softmax(student[i*c:(i+1)*c], 30, T)
		for k := range c {
			loss += p[k] * (math.Log(p[k]) - math.Log(q[k])) / n
			gradient[i*c+k] = (q[k] - p[k]) / (n * T)
		}
	}
	if w := want.Float64("kl", 1)[0]; math.Abs(loss/w-1) > 1e-14 {
		t.Errorf("KL %.17g, PyTorch has %.17g", loss, w)
	}
	if off := norm(gradient, want.Float64("kl_gradient", n, c)) / norm(gradient, nil); off > 1e-14 {
		t.Errorf("its gradient is off by %.1g of the norm", off)
	}
	g := graph.New(graphtest.Device(t))
	x, y := g.Input("student", graph.F32, n, c), g.Input("teacher", graph.F32, n, c)
	kl := nn.KLDiv(x, y, T)
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{kl}, Name: "kl"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for node, v := range map[*graph.Node][]float64{x: student, y: teacher} {
		var f []float32
		for _, z := range v {
			f = append(f, float32(z-30))
		}
		if err := e.Set(node, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Get(kl); err != nil || math.Abs(float64(got[0])/loss-1) > 1e-5 {
		t.Errorf("the device has %v for %g, %v", got, loss, err)
	}
}

// softmax is that of (logits - shift) / T.
func softmax(logits []float64, shift, T float64) []float64 {
	out, sum := make([]float64, len(logits)), 0.0
	for i, z := range logits {
		out[i] = math.Exp((z - shift) / T)
		sum += out[i]
	}
	return scaled(out, 1/sum)
}

func values(t *testing.T, v *graph.Variable) []float64 {
	t.Helper()
	data, err := v.Read()
	if err != nil {
		t.Fatal(err)
	}
	return modelstest.Widen(data)
}

func scaled(x []float64, by float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * by
	}
	return out
}

func less(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] - y[i]
	}
	return out
}

// norm is |x - y|, or |x| without y.
func norm(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		d := x[i]
		if y != nil {
			d -= y[i]
		}
		s += d * d
	}
	return math.Sqrt(s)
}
