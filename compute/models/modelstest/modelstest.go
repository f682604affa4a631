// Package modelstest gives tests the given teacher and the reference numbers
// of models/testdata, which PyTorch computed in float64.
package modelstest

import (
	"path/filepath"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/testdata"
)

// Mean and Std are those of CIFAR-100's pixels, as the given teacher and the
// references take them.
var (
	Mean = [3]float64{0.5071, 0.4867, 0.4408}
	Std  = [3]float64{0.2675, 0.2565, 0.2761}
)

// Teacher opens the given ResNet-18 of CIFAR-100, or skips the test.
func Teacher(t testing.TB, frozen bool) *models.Model {
	t.Helper()
	path := testdata.Dir(t, "teachers", "resnet18-cifar100.safetensors")
	m, err := models.Open(graphtest.Device(t), path, "resnet18", models.Spec{Frozen: frozen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

// Reference opens models/testdata/NAME.safetensors.
func Reference(t testing.TB, name string) Tensors {
	t.Helper()
	return ReferenceIn(t, testdata.Repository(t, "compute", "models", "testdata"), name)
}

// ReferenceIn opens NAME.safetensors of another folder.
func ReferenceIn(t testing.TB, folder, name string) Tensors {
	t.Helper()
	f, err := nn.OpenTensors(filepath.Join(folder, name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return Tensors{t, f}
}

// Tensors are reference numbers; what is missing fails the test.
type Tensors struct {
	t testing.TB
	*nn.TensorFile
}

// Float64 is the tensor of that name and shape, F64 or narrower in the file.
func (f Tensors) Float64(name string, shape ...int) []float64 {
	f.t.Helper()
	if info, _ := f.Info(name); info.DType != "F64" {
		v, err := f.TensorFile.Float32(name, shape...)
		if err != nil {
			f.t.Fatal(err)
		}
		return Widen(v)
	}
	v, err := f.TensorFile.Float64(name, shape...)
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

// Uniform are the multiples of 2^-24 in [0,1) that models/testdata/README.md
// defines.
func Uniform(seed uint64, n int) []float64 {
	u := make([]float64, n)
	for i := range u {
		z := (seed<<32 + uint64(i+1)) * 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		u[i] = float64((z^z>>31)>>40) / (1 << 24)
	}
	return u
}

// Pixels are n normalised pixel values in [-1,1): 2u-1 of Uniform.
func Pixels(seed uint64, n int) []float32 {
	x := make([]float32, n)
	for i, u := range Uniform(seed, n) {
		x[i] = float32(2*u - 1)
	}
	return x
}

// Widen is v in float64.
func Widen(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
