package models_test

import (
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

const checkpoint = "testdata/resnet8-checkpoint.pth"

// A training program's checkpoint (wrapped in DataParallel, float16, another program's names, beside other things) is the network
// that PyTorch had: its answers agree with PyTorch's in float64.
func TestCheckpointOfPyTorch(t *testing.T) {
	m, err := models.Open(graphtest.Device(t), checkpoint, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	o := m.Origin
	if m.Name != "resnet8" || m.Spec.Classes != 3 || m.Spec.Stem != models.CIFAR || o.Entry != "state_dict" || o.Prefix != "module." || o.Naming != "kuangliu" || !o.Recognised {
		t.Errorf("%s, %+v, %+v", m.Name, m.Spec, o)
	}
	want := []float64{-0.2267997621118541, 0.12427138770990737, 0.05969644999305268, -0.22533184630668857, 0.11858137513078382, 0.056802738804416386}
	p := newPass(t, m, 2, 16)
	p.run(t, modelstest.Pixels(5, 2*16*16*3), []uint32{0, 1})
	near(t, "logits", p.get(t, p.out.Logits), want, 1e-5)
}

// What a file holds is described without a device, and converted with what is added to it.
func TestInspectAndConvert(t *testing.T) {
	got, err := models.Inspect(models.Inspection{File: checkpoint})
	if err != nil || got.Problem != nil {
		t.Fatal(err, got.Problem)
	}
	if got.Form != "PyTorch, zip" || got.Network != "resnet8" || strings.Join(got.Types, " ") != "F16" || got.Tensors != 47 || len(got.Said) != 2 {
		t.Errorf("%+v", got)
	}
	if odd := strings.Join(got.Odd, "\n"); !strings.Contains(odd, "argparse.Namespace") || !strings.Contains(odd, "names no classes") {
		t.Errorf("odd:\n%s", odd)
	}
	out := filepath.Join(t.TempDir(), "converted.safetensors")
	added := models.Origin{Dataset: "three", Size: 16, Mean: [3]float64{.5, .5, .5}, Std: [3]float64{.2, .2, .2},
		Classes: []models.Class{{ID: "a", Name: "a"}, {ID: "b", Name: "b"}, {ID: "c", Name: "c"}}}
	if err := models.Convert(models.Inspection{File: checkpoint, Entry: "state_dict.module"}, out, added.Metadata()); err != nil {
		t.Fatal(err)
	}
	f, err := nn.OpenTensors(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.Info("layer2.0.downsample.0.weight"); !ok || f.Metadata("arch") != "resnet8" || f.Metadata("best_acc1") != "61.5" || f.Metadata("size") != "16" {
		t.Errorf("names %v, arch %q, best_acc1 %q", f.Names(), f.Metadata("arch"), f.Metadata("best_acc1"))
	}
	a, b := newFrom(t, checkpoint), newFrom(t, out)
	for _, v := range a.Variables() {
		if !equal(read(t, v), read(t, variable(t, b, v.Name()))) {
			t.Errorf("%s changed on the way", v.Name())
		}
	}
	if b.Origin.Dataset != "three" || len(b.Origin.Classes) != 3 || b.Origin.Recognised {
		t.Errorf("%+v", b.Origin)
	}
	added.Classes = added.Classes[:2]
	for what, c := range map[string]struct {
		in    models.Inspection
		words string
	}{
		"two of three classes": {models.Inspection{File: checkpoint}, "2 classes are named, its classifier has 3"},
		"an unknown entry":     {models.Inspection{File: checkpoint, Entry: "ema"}, `no entry "ema": want one of state_dict, module`},
		"another network":      {models.Inspection{File: checkpoint, Network: "resnet18"}, "resnet18 with a cifar stem and 3 classes"},
	} {
		if err := models.Convert(c.in, out, added.Metadata()); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want %q", what, err, c.words)
		}
	}
}

func newFrom(t *testing.T, path string) *models.Model {
	t.Helper()
	m, err := models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}
