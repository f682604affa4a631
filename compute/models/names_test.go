package models_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
)

// Names, shapes and parameter counts are torchvision's, so that weights travel both ways.
func TestParametersAreTorchvisions(t *testing.T) {
	for _, name := range []string{"resnet18", "resnet50", "resnet101"} {
		t.Run(name, func(t *testing.T) {
			m, err := models.Build(graphtest.Device(t), name, models.Spec{Classes: 1000, Stem: models.ImageNet})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Free()
			have := map[string]graph.Shape{}
			for _, v := range m.Variables() {
				have[v.Name()] = v.Shape()
			}
			if len(have) != len(m.Variables()) {
				t.Errorf("%d tensors have %d names", len(m.Variables()), len(have))
			}
			for _, e := range modelstest.Torchvision(t, name) {
				if got, ok := have[e.Name]; !ok || !got.Equal(graph.Shape(e.Shape)) {
					t.Errorf("%s is %v, torchvision has %v", e.Name, got, e.Shape)
				}
				delete(have, e.Name)
			}
			for extra := range have {
				t.Errorf("torchvision has no %s", extra)
			}
			count := 0
			for _, v := range m.Trainable() {
				count += v.Shape().Size()
			}
			if want := parameterCount(t, name); count != want {
				t.Errorf("%d trainable numbers, torchvision has %d", count, want)
			}
		})
	}
}

// parameterCount reads the line "resnet18 11689512".
func parameterCount(t *testing.T, name string) (n int) {
	t.Helper()
	f, err := os.Open("testdata/torchvision_names.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), name+" ") && len(strings.Fields(s.Text())) == 2 {
			if _, err := fmt.Sscanf(s.Text(), name+" %d", &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no count of %s", name)
	return 0
}

// The CIFAR stem differs in the first convolution alone.
func TestStemAndClassesDecideShapes(t *testing.T) {
	m := newModel(t, "resnet18", models.Spec{Classes: 100, Stem: models.CIFAR})
	for name, want := range map[string]graph.Shape{"conv1.weight": {64, 3, 3, 3}, "fc.weight": {100, 512}, "fc.bias": {100}} {
		if got := variable(t, m, name).Shape(); !got.Equal(want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if m.Width() != 512 {
		t.Errorf("%d features, want 512", m.Width())
	}
	if m := newModel(t, "resnet8", models.Spec{Classes: 10}); m.Width() != 64 || m.Spec.Stem != models.CIFAR {
		t.Errorf("resnet8 has %d features and a %s stem, want 64 and %s", m.Width(), m.Spec.Stem, models.CIFAR)
	}
}

// A convolution is drawn as the published networks with its stem: PyTorch's uniform by fan-in, or He et al. 2015, normal by
// fan-out; unless Init says another.
func TestInitialConvolutions(t *testing.T) {
	for _, c := range []struct {
		spec models.Spec
		std  float64 // of layer3.0.conv1, 32 to 64 channels
		most float64 // of the largest weight, in deviations
	}{
		{models.Spec{}, 1 / math.Sqrt(3*9*32), math.Sqrt(3)},
		{models.Spec{Stem: models.ImageNet}, math.Sqrt(2. / (9 * 64)), 5},
		{models.Spec{Init: models.He}, math.Sqrt(2. / (9 * 64)), 5},
		{models.Spec{Stem: models.ImageNet, Init: models.Uniform}, 1 / math.Sqrt(3*9*32), math.Sqrt(3)},
	} {
		c.spec.Classes, c.spec.Seed = 10, 1
		m := newModel(t, "resnet8", c.spec)
		w := read(t, variable(t, m, "layer3.0.conv1.weight"))
		mean, std := moments(w)
		largest := 0.0
		for _, v := range w {
			largest = max(largest, math.Abs(float64(v)))
		}
		if math.Abs(std/c.std-1) > 0.02 || math.Abs(mean) > 0.02*c.std || largest > c.most*c.std*1.0001 || largest < 0.99*min(c.most, 3)*c.std {
			t.Errorf("%+v: mean %.3g, deviation %.4g, largest %.4g: want 0, %.4g and up to %.4g", c.spec, mean, std, largest, c.std, c.most*c.std)
		}
	}
}

// torch.nn.Linear's uniform for the classifier, ones and zeros for batch norm; equal seeds give equal weights.
func TestInitialWeights(t *testing.T) {
	m := newModel(t, "resnet8", models.Spec{Classes: 10, Seed: 1})
	w := read(t, variable(t, m, "layer3.0.conv2.weight"))
	fc := read(t, variable(t, m, "fc.weight"))
	_, std := moments(fc)
	if bound := 1 / math.Sqrt(64); math.Abs(std*math.Sqrt(3)/bound-1) > 0.1 {
		t.Errorf("fc.weight has deviation %.4g, want that of a uniform in +-%.4g", std, bound)
	}
	for name, want := range map[string]float32{"bn1.weight": 1, "bn1.bias": 0, "bn1.running_mean": 0, "bn1.running_var": 1} {
		for _, v := range read(t, variable(t, m, name)) {
			if v != want {
				t.Errorf("%s holds %g, want %g", name, v, want)
				break
			}
		}
	}
	same := newModel(t, "resnet8", models.Spec{Classes: 10, Seed: 1})
	other := newModel(t, "resnet8", models.Spec{Classes: 10, Seed: 2})
	if !equal(w, read(t, variable(t, same, "layer3.0.conv2.weight"))) {
		t.Error("the same seed gives other weights")
	}
	if equal(w, read(t, variable(t, other, "layer3.0.conv2.weight"))) {
		t.Error("another seed gives the same weights")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spec  models.Spec
		words string
	}{
		{"resnet19", models.Spec{Classes: 10}, `unknown network "resnet19": want one of `},
		{"resnet18", models.Spec{}, "network resnet18: 0 classes: want at least 1"},
		{"resnet18", models.Spec{Classes: 10, Stem: "mnist"}, `network resnet18: stem "mnist": want "cifar" or "imagenet"`},
		{"resnet18", models.Spec{Classes: 10, Init: "zero"}, `network resnet18: initial weights "zero": want "uniform" or "he"`},
	} {
		if _, err := models.New(graphtest.Device(t), c.name, c.spec); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("New(%s, %+v): error %v, want %q", c.name, c.spec, err, c.words)
		}
	}
}

func newModel(t *testing.T, name string, spec models.Spec) *models.Model {
	t.Helper()
	m, err := models.New(graphtest.Device(t), name, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

func variable(t *testing.T, m *models.Model, name string) *graph.Variable {
	t.Helper()
	for _, v := range m.Variables() {
		if v.Name() == name {
			return v
		}
	}
	t.Fatalf("%s has no tensor %q", m.Name, name)
	return nil
}

func read(t *testing.T, v *graph.Variable) []float32 {
	t.Helper()
	data, err := v.Read()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func moments(v []float32) (mean, std float64) {
	for _, x := range v {
		mean += float64(x) / float64(len(v))
	}
	for _, x := range v {
		std += (float64(x) - mean) * (float64(x) - mean) / float64(len(v))
	}
	return mean, math.Sqrt(std)
}

func equal(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
