package label

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
)

// squares are the 20 images of testdata/relabel.safetensors.
func squares(classes int) train.Data {
	const images, side, grid = 20, 32, 8
	u := modelstest.Uniform(77, images*grid*grid*3)
	s := &modelstest.Images{}
	for i := range images {
		rgb := make([]byte, 0, side*side*3)
		for y := range side {
			for x := range side {
				for c := range 3 {
					rgb = append(rgb, byte(256*u[((i*grid+y/4)*grid+x/4)*3+c]))
				}
			}
		}
		s.Add(byte(i%classes), rgb)
	}
	return train.Data{Name: "squares", Train: s, Classes: classes, Size: side, Mean: modelstest.Mean, Std: modelstest.Std}
}

// Labels of teachers in train mode, half a batch at a time, are PyTorch's in float64 within the rounding of a half, and the
// teachers' own statistics stay as they were.
func TestLogitsAgreeWithPyTorch(t *testing.T) {
	dev := graphtest.Device(t)
	ref := modelstest.ReferenceIn(t, "testdata", "relabel")
	for _, c := range []struct {
		name    string
		classes int
		first   int // batch; the second has four images
		model   func() *models.Model
	}{
		{"resnet18", 100, 0, func() *models.Model { return modelstest.Teacher(t, true) }},
		{"resnet50", 10, 1, func() *models.Model { return modelstest.Formula(t, "resnet50", 10, models.CIFAR) }},
		{"convnet3", 10, 0, func() *models.Model {
			m, err := models.New(dev, "convnet3", models.Spec{Classes: 10, Size: 32, Frozen: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Free)
			modelstest.Fill(t, m)
			return m
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := c.model()
			before := values(t, m)
			teachers, err := NewTeachers(dev, Job{Labels: published(), Images: squares(c.classes), Teachers: []*models.Model{m}})
			if err != nil {
				t.Fatal(err)
			}
			defer teachers.Close()
			var got []float32
			for b, batch := range teachers.Plan().Epoch(3) {
				if b < c.first {
					continue
				}
				logits, err := teachers.Logits(context.Background(), batch)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, logits...)
			}
			largest, worst := 0.0, 0.0
			for i, want := range ref.Float64(c.name, 20, c.classes)[16*c.first*c.classes:] {
				largest, worst = math.Max(largest, math.Abs(want)), math.Max(worst, math.Abs(float64(got[i])-want))
			}
			t.Logf("logits up to %.3g, off by at most %.2g", largest, worst)
			if !(worst <= largest*0x1p-11) {
				t.Errorf("logits are off by up to %.3g, want at most half a unit of 16 bits at %.3g, %.3g", worst, largest, largest*0x1p-11)
			}
			for i, x := range values(t, m) {
				if x != before[i] {
					t.Fatal("labelling has moved a teacher's weights or statistics")
				}
			}
		})
	}
}

// values are all tensors of a network.
func values(t *testing.T, m *models.Model) (all []float32) {
	t.Helper()
	for _, v := range m.Variables() {
		data, err := v.Read()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

var _ Source = (*Teachers)(nil)
var _ Source = (*Store)(nil)
