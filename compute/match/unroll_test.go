package match

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// The setting of testdata/make_reference.py.
const (
	side, rows, batch, rate = 16, 8, 5, 0.02
)

// setting is the network and the images of the reference.
func setting(t *testing.T) (*models.Model, *graph.Variable, []float32) {
	t.Helper()
	dev := graphtest.Device(t)
	m, err := models.New(dev, "convnet3", models.Spec{Classes: 10, Size: side})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	modelstest.Fill(t, m)
	images, err := graph.NewVariable(dev, "images", graph.F32, false, rows, side, side, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(images.Free)
	var pixels []float32
	for _, u := range modelstest.Uniform(61, images.Shape().Size()) {
		pixels = append(pixels, float32(2*u-1))
	}
	if err := images.Write(pixels); err != nil {
		t.Fatal(err)
	}
	theta, err := m.Theta()
	if err != nil {
		t.Fatal(err)
	}
	return m, images, theta
}

// seen is the batch of step k.
func seen(k int) (b Batch) {
	for i := range batch {
		r := (3*k + 2*i) % rows
		if i == batch-1 {
			r = (3*k + 1) % rows
		}
		b.Rows, b.Classes = append(b.Rows, uint32(r)), append(b.Classes, uint32(3*r%10))
	}
	return b
}

// compare reports relative error and cosine of a gradient.
func compare(got []float32, want []float32) (relative, cosine float64) {
	var difference, g, w, both float64
	for i, x := range got {
		y := float64(want[i])
		difference += (float64(x) - y) * (float64(x) - y)
		g, w, both = g+float64(x)*float64(x), w+y*y, both+float64(x)*y
	}
	return math.Sqrt(difference / w), both / math.Sqrt(g*w)
}

// The gradient through one and ten steps of training against PyTorch's double
// back-propagation in float64.
func TestUnrolledAgainstPyTorch(t *testing.T) {
	f, err := nn.OpenTensors("testdata/unrolled.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, images, theta := setting(t)
	u, err := New(graphtest.Device(t), m, images, 10, batch, false)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	var length float64 // |theta_0 - theta*|^2
	star := make([]float64, len(theta))
	for i, v := range modelstest.Uniform(62, len(theta)) {
		d := 0.02 * (2*v - 1)
		star[i] = float64(theta[i]) + d
		length += d * d
	}
	for _, steps := range []int{1, 10} {
		var batches []Batch
		for k := range steps {
			batches = append(batches, seen(k))
		}
		end, _, err := u.Walk(context.Background(), theta, batches, rate)
		if err != nil {
			t.Fatal(err)
		}
		loss, a := 0.0, make([]float32, len(end))
		for i, v := range end {
			d := float64(v) - star[i]
			loss += d * d / length
			a[i] = float32(2 * d / length)
		}
		drate, err := u.Back(context.Background(), a, batches, rate)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.Gradient().Read()
		if err != nil {
			t.Fatal(err)
		}
		key := map[int]string{1: "1", 10: "10"}[steps]
		for name, value := range map[string]float64{"_loss": loss, "_rate": drate} {
			want, err := f.Float64(key+name, 1)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(value-want[0]) > 1e-3*math.Abs(want[0]) {
				t.Errorf("%d steps: %s is %.8g, PyTorch has %.8g", steps, name, value, want[0])
			}
		}
		want, err := f.Float32(key+"_pixels", rows, side, side, 3)
		if err != nil {
			t.Fatal(err)
		}
		relative, cosine := compare(got, want)
		t.Logf("%d steps: relative error %.2g, 1 - cosine %.2g", steps, relative, 1-cosine)
		if relative > 1e-2 || cosine < 0.999 {
			t.Errorf("%d steps: gradient of the pixels has relative error %.2g and cosine %.5f, want at most 0.01 and at least 0.999", steps, relative, cosine)
		}
	}
}
