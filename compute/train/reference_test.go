package train

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models/modelstest"
	"reta/shared/testdata"
)

// Two steps of training from the teacher's weights agree with PyTorch in float64, tensor by tensor: loss, gradient,
// change of every parameter, running statistics. One step in float32 is near; the second starts from weights that the
// first has moved by rounding, and a ReLU in some thousand opens or stays shut by it, so its bounds are wider.
// PyTorch's own float32 is off by 7e-5 and 8e-5 of the norm (gradient and change) in step 1, by 3e-3 and 1e-3 in step 2.
func TestSqueezeStepsAgreeWithPyTorch(t *testing.T) {
	want := modelstest.Reference(t, "squeeze")
	m := modelstest.Teacher(t, false)
	dev := graphtest.Device(t)
	const batch, px = 8, 32
	tr := &trainer{
		model: m, batch: batch, data: Data{Name: "formula", Classes: 100, Size: px},
		recipe: Recipe{Optimizer: "sgd", Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4},
	}
	defer tr.Close()
	x := graph.New(dev).Input("x", graph.F32, batch, px, px, 3)
	if err := tr.record(dev, x); err != nil {
		t.Fatal(err)
	}
	tensors := map[string]*graph.Variable{}
	before := map[string][]float64{}
	for _, v := range m.Variables() {
		tensors[v.Name()], before[v.Name()] = v, values(t, v)
	}
	velocity := map[string]*graph.Variable{}
	for i, v := range m.Trainable() {
		velocity[v.Name()] = tr.state[i]
	}
	parameters, running := want.Strings("parameters"), want.Strings("running")
	if len(parameters) != len(m.Trainable()) {
		t.Fatalf("the reference has %d parameters, the model %d", len(parameters), len(m.Trainable()))
	}

	for step, tolerance := range []float64{2e-4, 2e-2} {
		if err := tr.exec.Set(x, modelstest.Pixels(uint64(3+step), batch*px*px*3)); err != nil {
			t.Fatal(err)
		}
		f, err := tr.launch(context.Background(), []uint32{3, 14, 15, 92, 65, 35, 89, 79}, step, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		loss, _, err := tr.score(f)
		if err != nil {
			t.Fatal(err)
		}
		key := []string{"step1", "step2"}[step]
		if w := want.Float64(key+"_loss", 1)[0]; !(math.Abs(loss/w-1) < 1e-4) {
			t.Errorf("step %d: loss %.7g, PyTorch has %.7g", step+1, loss, w)
		}
		var gradients, after, updates, stats [][]float64
		for _, name := range parameters {
			now := values(t, tensors[name])
			after = append(after, now)
			updates = append(updates, combine(now, 1, before[name], -1))
			if step == 0 { // the velocity is the gradient and the decay of the weight as it was
				gradients = append(gradients, combine(values(t, velocity[name]), 1, before[name], -5e-4))
			}
		}
		for _, name := range running {
			stats = append(stats, values(t, tensors[name]))
		}
		want.Compare(key+"_parameter", parameters, after, tolerance/10)
		want.Compare(key+"_update", parameters, updates, tolerance)
		want.Compare(key+"_running", running, stats, tolerance/10)
		if step == 0 {
			want.Compare(key+"_gradient", parameters, gradients, tolerance)
		}
	}
}

// The given teacher on the first 500 test images of CIFAR-100: every hit, and the cross-entropy of every image, as
// PyTorch has it.
func TestAccuracyAgreesWithPyTorch(t *testing.T) {
	const count = 500
	m := modelstest.Teacher(t, true)
	data := Data{
		Name: "cifar-100", Classes: 100, Size: 32, Mean: modelstest.Mean, Std: modelstest.Std,
		Test: cifarTest(t, testdata.Dir(t, "data", "cifar-100-binary-mini.tar.gz"), count),
	}
	s, err := NewScorer(graphtest.Device(t), m, data, 64) // the last batch is filled up
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var done []int
	score, err := s.Run(context.Background(), data.Test, func(n int) { done = append(done, n) })
	if err != nil {
		t.Fatal(err)
	}
	want := modelstest.Reference(t, "accuracy")
	top1, err1 := want.Int64("top1", count)
	top5, err5 := want.Int64("top5", count)
	if err := errors.Join(err1, err5); err != nil {
		t.Fatal(err)
	}
	var hits1, hits5 int64
	ce := 0.0
	for i, v := range want.Float64("ce", count) {
		hits1, hits5, ce = hits1+top1[i], hits5+top5[i], ce+v/count
	}
	t.Logf("top-1 %.1f of %d, top-5 %.1f, cross-entropy %.6f; PyTorch %d, %d, %.6f", score.Top1*count, count, score.Top5*count, score.Loss, hits1, hits5, ce)
	if score.Images != count || math.Round(score.Top1*count) != float64(hits1) || math.Round(score.Top5*count) != float64(hits5) {
		t.Errorf("top-1 %g and top-5 %g of %d, PyTorch has %d and %d of %d", score.Top1*count, score.Top5*count, score.Images, hits1, hits5, count)
	}
	if !(math.Abs(score.Loss/ce-1) < 1e-5) {
		t.Errorf("cross-entropy %.7f, PyTorch has %.7f", score.Loss, ce)
	}
	if len(done) != 8 || done[7] != count {
		t.Errorf("progress %v, want eight calls up to %d", done, count)
	}
}

// cifarTest reads the first count test images of an archive of CIFAR-100's binary version: a byte for the coarse
// label, one for the fine, and three planes of 32 x 32.
func cifarTest(t *testing.T, path string, count int) Source {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, "/test.bin") {
			continue
		}
		raw := make([]byte, count*3074)
		if _, err := io.ReadFull(r, raw); err != nil {
			t.Fatal(err)
		}
		s := &modelstest.Images{}
		for i := range count {
			record := raw[i*3074 : (i+1)*3074]
			rgb := make([]byte, 0, 3072)
			for p := range 1024 {
				rgb = append(rgb, record[2+p], record[2+1024+p], record[2+2048+p])
			}
			s.Add(record[1], rgb)
		}
		return s
	}
}

func values(t *testing.T, v *graph.Variable) []float64 {
	t.Helper()
	data, err := v.Read()
	if err != nil {
		t.Fatal(err)
	}
	return modelstest.Widen(data)
}

// combine is a*x + b*y.
func combine(x []float64, a float64, y []float64, b float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = a*x[i] + b*y[i]
	}
	return out
}
