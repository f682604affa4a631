package models_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// weightsOf is a network's tensors, as Save writes them.
func weightsOf(t *testing.T, m *models.Model) []nn.Tensor {
	t.Helper()
	var list []nn.Tensor
	for _, v := range m.Variables() {
		list = append(list, nn.Tensor{Name: v.Name(), Shape: v.Shape(), Values: read(t, v)})
	}
	return list
}

// A file's metadata come back as they were written; those of other programs may have their own form, and what cannot be
// is refused.
func TestOrigin(t *testing.T) {
	m := newModel(t, "resnet8", models.Spec{Classes: 2})
	want := models.Origin{
		Dataset: "demo", Mean: [3]float64{0.48570001125335693, 0.25, 0}, Std: [3]float64{0.25, 1, 0.1}, Size: 32, Top1: 0.9575,
		Classes: []models.Class{{ID: "n01", Name: "a \"quoted\", name"}, {ID: "n02", Name: "ünïcode"}},
	}
	path := filepath.Join(t.TempDir(), "origin.safetensors")
	open := func(metadata map[string]string) (*models.Model, error) {
		if err := m.Save(path, metadata); err != nil {
			t.Fatal(err)
		}
		return models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	}
	back, err := open(want.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	back.Free()
	want.File = path
	if !reflect.DeepEqual(back.Origin, want) {
		t.Errorf("came back as %+v, want %+v", back.Origin, want)
	}
	back, err = open(map[string]string{"mean": "[0.5, 0.4, 0.3]", "std": "(0.1, 0.2, 0.3)", "top1": "good", "class_names": `["a","b"]`})
	if err != nil {
		t.Fatal(err)
	}
	back.Free()
	want = models.Origin{File: path, Mean: [3]float64{0.5, 0.4, 0.3}, Std: [3]float64{0.1, 0.2, 0.3}, Classes: []models.Class{{ID: "a", Name: "a"}, {ID: "b", Name: "b"}}}
	if !reflect.DeepEqual(back.Origin, want) {
		t.Errorf("came back as %+v, want %+v", back.Origin, want)
	}
	for words, metadata := range map[string]map[string]string{
		"want three numbers each, of pixels from 0 to 1":     {"mean": "125.3,123,113.9", "std": "63,62,66.7"},
		`has mean "0.5,0.5,0.5" and std "": want three`:      {"mean": "0.5,0.5,0.5"},
		`and std "1,1,0": want three numbers`:                {"mean": "0,0,0", "std": "1,1,0"},
		`has mean "NaN,0,0"`:                                 {"mean": "NaN,0,0", "std": "1,1,1"},
		`has size "big": want the side`:                      {"size": "big"},
		`has class_ids "a,b": want a JSON list`:              {"class_ids": "a,b"},
		"has 1 class_ids and 2 class_names":                  {"class_ids": `["a"]`, "class_names": `["a","b"]`},
		"names 3 classes, its classifier has 2: correct cla": {"class_ids": `["a","b","c"]`},
	} {
		if back, err := open(metadata); err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v: %v (%v), want %q", metadata, err, back, words)
		}
	}
}

// Pixels of another normalisation give the features of the network's own, and the gradient of what they are.
func TestAdapt(t *testing.T) {
	dev := graphtest.Device(t)
	own := models.Origin{Mean: [3]float64{0.5, 0.4, 0.3}, Std: [3]float64{0.3, 0.2, 0.25}}
	mean, std := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	path := filepath.Join(t.TempDir(), "own.safetensors")
	if err := newModel(t, "resnet8", models.Spec{Classes: 3, Seed: 5}).Save(path, own.Metadata()); err != nil {
		t.Fatal(err)
	}
	m, err := models.Open(dev, path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	const n, px = 2, 16
	pass := func(values []float32) (logits, gradient []float32) {
		g := graph.New(dev)
		x, labels := g.Input("x", graph.F32, n, px, px, 3), g.Input("labels", graph.U32, n)
		out := m.Forward(x, models.Eval)
		dx := g.Grad(nn.SoftmaxCrossEntropy(out.Logits, labels, 0), x)[0]
		exec, err := g.Compile(graph.CompileOptions{Name: "adapt", Outputs: []*graph.Node{out.Logits, dx}})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Close()
		if err := errors.Join(exec.Set(x, values), exec.SetU32(labels, []uint32{2, 0})); err != nil {
			t.Fatal(err)
		}
		if err := exec.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		logits, err = exec.Get(out.Logits)
		if err != nil {
			t.Fatal(err)
		}
		if gradient, err = exec.Get(dx); err != nil {
			t.Fatal(err)
		}
		return logits, gradient
	}
	raw := modelstest.Pixels(7, n*px*px*3)
	theirs, ours := make([]float32, len(raw)), make([]float32, len(raw))
	for i := range raw {
		pixel := (1 + math.Tanh(float64(raw[i]))) / 2
		theirs[i] = float32((pixel - mean[i%3]) / std[i%3])
		ours[i] = float32((pixel - own.Mean[i%3]) / own.Std[i%3])
	}
	want, wantGradient := pass(ours)
	if m.Adapt(own.Mean, [3]float64{0.3, 0.2, float64(float32(0.25)) + 1e-9}) {
		t.Error("its own normalisation, rounded, is converted")
	}
	if !m.Adapt(mean, std) {
		t.Error("another normalisation is not converted")
	}
	got, gotGradient := pass(theirs)
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-4 {
			t.Errorf("logit %d: %g, want %g", i, got[i], want[i])
		}
	}
	worst, largest := 0.0, 0.0
	for i := range wantGradient {
		w := float64(wantGradient[i]) * std[i%3] / own.Std[i%3]
		worst, largest = max(worst, math.Abs(float64(gotGradient[i])-w)), max(largest, math.Abs(w))
	}
	if !(worst < 1e-3*largest) || largest == 0 {
		t.Errorf("gradient off by %g, largest %g", worst, largest)
	}
}
