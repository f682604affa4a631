package label

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
)

// squares are the 20 images of testdata/relabel.safetensors.
func squares(classes, side int) train.Data {
	const images, grid = 20, 8
	u := modelstest.Uniform(77, images*grid*grid*3)
	s := &modelstest.Images{}
	for i := range images {
		rgb := make([]byte, 0, side*side*3)
		for y := range side {
			for x := range side {
				for c := range 3 {
					rgb = append(rgb, byte(256*u[((i*grid+y*grid/side)*grid+x*grid/side)*3+c]))
				}
			}
		}
		s.Add(byte(i%classes), rgb)
	}
	return train.Data{Name: "squares", Train: s, Classes: classes, Size: side, Mean: modelstest.Mean, Std: modelstest.Std}
}

// Labels of teachers in train mode, half a batch at a time, are PyTorch's in float64 within the rounding of a half, and the
// teachers' own statistics stay as they were. Those of FADRM+'s teams are in both forms, with the masks of dropout that go by
// their layers' names.
func TestLogitsAgreeWithPyTorch(t *testing.T) {
	dev := graphtest.Device(t)
	ref := modelstest.ReferenceIn(t, "testdata", "relabel")
	type teacher struct {
		name    string
		classes int
		side    int
		batches []int // of 16 and 4 images
		model   func() *models.Model
	}
	list := []teacher{
		{"resnet18", 100, 32, []int{0, 1}, func() *models.Model { return modelstest.Teacher(t, true) }},
		{"resnet50", 10, 32, []int{1}, func() *models.Model { return modelstest.Formula(t, "resnet50", 10, models.CIFAR) }},
		{"convnet3", 10, 32, []int{0, 1}, func() *models.Model {
			m, err := models.New(dev, "convnet3", models.Spec{Classes: 10, Size: 32, Frozen: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Free)
			modelstest.Fill(t, m)
			return m
		}},
	}
	for _, key := range []string{
		"densenet121/cifar", "shufflenetv2-x0.5/cifar", "mobilenetv2/cifar",
		"resnet18/imagenet", "densenet121/imagenet", "shufflenetv2-x1.0/imagenet", "mobilenetv2/imagenet", "alexnet/imagenet",
	} {
		name, stem, _ := strings.Cut(key, "/")
		c := teacher{key, 10, 32, []int{1}, func() *models.Model {
			return modelstest.FormulaByName(t, name, models.Spec{Stem: models.Stem(stem), Frozen: true})
		}}
		if stem == "imagenet" {
			c.side, c.batches = 64, []int{0}
		}
		list = append(list, c)
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			if slices.Contains(long, c.name) && os.Getenv("RETA_LONG") == "" {
				t.Skip("RETA_LONG=1 runs it")
			}
			m := c.model()
			before := values(t, m)
			teachers, err := NewTeachers(dev, Job{Labels: published(), Images: squares(c.classes, c.side), Teachers: []*models.Model{m}})
			if err != nil {
				t.Fatal(err)
			}
			defer teachers.Close()
			largest, worst := 0.0, 0.0
			for _, b := range c.batches {
				logits, err := teachers.Logits(context.Background(), teachers.Plan().Batch(3, b))
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range ref.Float64(c.name, 20, c.classes)[16*b*c.classes:][:len(logits)] {
					largest, worst = math.Max(largest, math.Abs(want)), math.Max(worst, math.Abs(float64(logits[i])-want))
				}
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

// long are teachers that take longer than all others together.
var long = []string{"alexnet/imagenet"}

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
