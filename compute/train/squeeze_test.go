package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/shared/event"
)

func stripesData() Data {
	return Data{
		Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Test: modelstest.Stripes(21, 16, 2), Classes: 3, Size: 16,
		Mean: [3]float64{0.4, 0.4, 0.4}, Std: [3]float64{0.2, 0.2, 0.2},
	}
}

func smallRecipe() Recipe {
	return Recipe{
		Optimizer: "sgd", LR: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4,
		Epochs: 4, Schedule: StepCosine, Period: 4, Warmup: 2, Batch: 9, Augment: PadCrop, Pad: 2, Init: models.He, Seed: 5,
	}
}

func small(t *testing.T, seed uint64) *models.Model {
	t.Helper()
	m, err := models.New(graphtest.Device(t), "resnet8", models.Spec{Classes: 3, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

// Every optimiser and augmentation trains a small network, with batch norm or without, to a test accuracy far above
// chance, and says how it goes.
func TestSqueezeLearns(t *testing.T) {
	for _, c := range []struct {
		network   string
		optimizer string
		augment   Augment
		lr        float64
	}{{"resnet8", "sgd", PadCrop, 0.05}, {"resnet8", "adam", NoAugment, 0.003}, {"resnet8", "sgd", RandomCrop, 0.05}, {"convnet3", "sgd", PadCrop, 0.05}} {
		t.Run(fmt.Sprint(c.network, " ", c.optimizer, " ", c.augment), func(t *testing.T) {
			m, err := models.New(graphtest.Device(t), c.network, models.Spec{Classes: 3, Size: 16, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Free()
			r := smallRecipe()
			r.Optimizer, r.Augment, r.LR, r.Epochs = c.optimizer, c.augment, c.lr, 6
			var points []event.TrainPoint
			var logs int
			s := Squeeze{Recipe: r, Data: stripesData(), Emit: func(e event.Event) {
				switch e := e.(type) {
				case event.Squeeze:
					points = append(points, e.Points...)
				case event.Log:
					logs++
				}
			}}
			score, err := s.Run(context.Background(), graphtest.Device(t), m)
			if err != nil {
				t.Fatal(err)
			}
			if score.Images != 21 || score.Top1 < 0.8 || score.Top5 != 1 {
				t.Errorf("score %+v, want top-1 of at least 0.8 on 21 images and all within five", score)
			}
			if len(points) != 36 || logs != 6 {
				t.Fatalf("%d points and %d lines, want 36 and 6", len(points), logs)
			}
			if first, last := points[0], points[35]; !(last.Loss < first.Loss/2) || last.Step != 36 || !(last.LR < first.LR) {
				t.Errorf("from %+v to %+v: want half the loss and a falling rate", first, last)
			}
		})
	}
}

// A training that was stopped in its third epoch and goes on, with another device program and other first weights,
// ends at the same bits as one that was never stopped.
func TestSqueezeResumesToTheSameBits(t *testing.T) {
	for _, optimizer := range []string{"sgd", "adam"} {
		t.Run(optimizer, func(t *testing.T) {
			r := smallRecipe()
			if r.Optimizer = optimizer; optimizer == "adam" {
				r.EMA = 0.9
			}
			dev, ctx := graphtest.Device(t), context.Background()
			whole := small(t, 1)
			want, err := Squeeze{Recipe: r, Data: stripesData()}.Run(ctx, dev, whole)
			if err != nil {
				t.Fatal(err)
			}
			stop := errors.New("stop")
			file := filepath.Join(t.TempDir(), "teacher.part")
			s := Squeeze{Recipe: r, Data: stripesData(), Checkpoint: file, Gate: func(_ context.Context, step int) error {
				if step == 15 {
					return stop
				}
				return nil
			}}
			if _, err := s.Run(ctx, dev, small(t, 1)); !errors.Is(err, stop) {
				t.Fatalf("the stopped training ends with %v", err)
			}
			var steps []int
			s.Gate = func(_ context.Context, step int) error { steps = append(steps, step); return nil }
			resumed := small(t, 99)
			got, err := s.Run(ctx, dev, resumed)
			if err != nil {
				t.Fatal(err)
			}
			if len(steps) != 12 || steps[0] != 12 {
				t.Errorf("continued with steps %v, want 12 to 23", steps)
			}
			if got != want {
				t.Errorf("score %+v, never stopped %+v", got, want)
			}
			same(t, whole, resumed)
			again := small(t, 7)
			if got, err = s.Run(ctx, dev, again); err != nil || got != want {
				t.Errorf("a finished training run again: %+v, %v; want %+v at once", got, err, want)
			}
			same(t, whole, again)
			s.Recipe.LR = 0.01
			_, err = s.Run(ctx, dev, small(t, 1))
			if err == nil || !strings.Contains(err.Error(), "belongs to another training") || !strings.Contains(err.Error(), "this one has LR:0.01: ") {
				t.Errorf("with another rate: %v", err)
			}
		})
	}
}

func same(t *testing.T, a, b *models.Model) {
	t.Helper()
	for i, v := range a.Variables() {
		x, y := values(t, v), values(t, b.Variables()[i])
		for k := range x {
			if x[k] != y[k] {
				t.Errorf("%s differs at %d: %v and %v", v.Name(), k, x[k], y[k])
				break
			}
		}
	}
}

func TestSqueezeRefuses(t *testing.T) {
	dev := graphtest.Device(t)
	run := func(edit func(s *Squeeze), m *models.Model) error {
		s := Squeeze{Recipe: smallRecipe(), Data: stripesData()}
		edit(&s)
		_, err := s.Run(context.Background(), dev, m)
		return err
	}
	frozen, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Free()
	four, err := models.New(dev, "resnet8", models.Spec{Classes: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer four.Free()
	for _, c := range []struct {
		edit  func(s *Squeeze)
		model *models.Model
		words string
	}{
		{func(s *Squeeze) { s.Recipe.Optimizer = "lion" }, nil, "optimizer lion: want sgd or adam"},
		{func(s *Squeeze) { s.Recipe.LR = math.NaN() }, nil, "lr NaN: want more than 0, at most 100"},
		{func(s *Squeeze) { s.Recipe.Epochs = 0 }, nil, "epochs 0: want a whole number of at least 1"},
		{func(s *Squeeze) { s.Recipe.Batch = 0 }, nil, "batch 0: want 1 to 65536"},
		{func(s *Squeeze) { s.Recipe.Augment = "mix" }, nil, "augment mix: want none, pad-crop or random-crop"},
		{func(s *Squeeze) { s.Data.Train = modelstest.Stripes(1, 16, 1) }, nil, "stripes has 1 training image: want at least 2"},
		{func(*Squeeze) {}, frozen, "frozen true"},
		{func(*Squeeze) {}, four, "resnet8 has 4 classes (frozen false): want 3, not frozen"},
		{func(s *Squeeze) { s.Recipe.LR, s.Recipe.WeightDecay, s.Recipe.Warmup = 100, 1, 0 }, nil, "the loss is NaN: a smaller learning rate than 100?"},
	} {
		m := c.model
		if m == nil {
			m = small(t, 1)
		}
		if err := run(c.edit, m); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("error %v, want %q", err, c.words)
		}
	}
}
