package modelstest

import (
	"bufio"
	"hash/fnv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/shared/testdata"
)

// Formula makes a frozen network with the weights of testdata/README.md.
func Formula(t testing.TB, name string, classes int, stem models.Stem) *models.Model {
	t.Helper()
	m, err := models.New(graphtest.Device(t), name, models.Spec{Classes: classes, Stem: stem, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	Fill(t, m)
	return m
}

// Fill gives a network the weights of testdata/README.md, in the order of torchvision's tensors where it has the network, else
// of the network's own.
func Fill(t testing.TB, m *models.Model) {
	t.Helper()
	number := map[string]uint64{}
	for k, v := range m.Variables() {
		number[v.Name()] = uint64(k)
	}
	if strings.HasPrefix(m.Name, "resnet") {
		clear(number)
		for k, e := range Torchvision(t, m.Name) {
			number[e.Name] = uint64(k)
		}
	}
	for _, v := range m.Variables() {
		k, ok := number[v.Name()]
		if !ok {
			t.Fatalf("torchvision's %s has no tensor %q", m.Name, v.Name())
		}
		u := Uniform(1000+k, v.Shape().Size())
		data := make([]float32, len(u))
		fanIn := v.Shape().Size() / v.Shape()[0]
		for i := range u {
			switch {
			case len(v.Shape()) > 1:
				data[i] = float32((2*u[i] - 1) * math.Sqrt(6/float64(fanIn)))
			case strings.HasSuffix(v.Name(), "running_var"):
				data[i] = float32(0.5 + u[i])
			case strings.HasSuffix(v.Name(), ".weight"):
				data[i] = float32(0.25 + 0.5*u[i])
			default:
				data[i] = float32((2*u[i] - 1) * 0.1)
			}
		}
		if err := v.Write(data); err != nil {
			t.Fatal(err)
		}
	}
}

// Tensor is a tensor of torchvision's network.
type Tensor struct {
	Name  string
	Shape []int
}

// Torchvision lists the tensors of a network with 1000 classes and ImageNet stem.
func Torchvision(t testing.TB, kind string) []Tensor {
	t.Helper()
	f, err := os.Open(testdata.Repository(t, "compute", "models", "testdata", "torchvision_names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []Tensor
	for s := bufio.NewScanner(f); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) == 3 && words[0] == kind {
			e := Tensor{Name: words[1]}
			for _, d := range strings.Split(words[2], ",") {
				n, err := strconv.Atoi(d)
				if err != nil {
					t.Fatal(err)
				}
				e.Shape = append(e.Shape, n)
			}
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		t.Fatalf("torchvision_names.txt has nothing of %s", kind)
	}
	return list
}

// FormulaByName makes a network with the weights of testdata/README.md that go by name: of ten classes, frozen for a
// gradient to the pixels.
func FormulaByName(t testing.TB, name string, spec models.Spec) *models.Model {
	t.Helper()
	spec.Classes = 10
	m, err := models.New(graphtest.Device(t), name, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	FillByName(t, m)
	return m
}

// FillByName gives a network the weights of testdata/README.md that go by name.
func FillByName(t testing.TB, m *models.Model) {
	t.Helper()
	for _, v := range m.Variables() {
		h := fnv.New32a()
		h.Write([]byte(v.Name()))
		data := make([]float32, v.Shape().Size())
		scale := math.Sqrt(6 / float64(len(data)/v.Shape()[0]))
		for i, u := range Uniform(uint64(h.Sum32()), len(data)) {
			switch {
			case len(v.Shape()) > 1:
				data[i] = float32((2*u - 1) * scale)
			case strings.HasSuffix(v.Name(), "running_var"):
				data[i] = float32(0.5 + u)
			case strings.HasSuffix(v.Name(), ".weight"):
				data[i] = float32(0.5 + 0.5*u)
			default:
				data[i] = float32((2*u - 1) * 0.1)
			}
		}
		if err := v.Write(data); err != nil {
			t.Fatal(err)
		}
	}
}

// Projections are the scalar products of g with n vectors of +1 and -1: element i of vector k is +1 where u[i] of
// Uniform(5000 + k) is at least 0.5.
func Projections(g []float64, n int) []float64 {
	out := make([]float64, n)
	for k := range out {
		for i, u := range Uniform(5000+uint64(k), len(g)) {
			if u >= 0.5 {
				out[k] += g[i]
			} else {
				out[k] -= g[i]
			}
		}
	}
	return out
}
