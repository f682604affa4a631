// Package traintest gives tests a small set and teachers trained on it.
package traintest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
)

// Stripes is a set of three classes at 16 px: 18 images of each to train on, 7 to test.
var Stripes = train.Data{
	Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Test: modelstest.Stripes(21, 16, 2), Classes: 3, Size: 16,
	Mean: [3]float64{0.4, 0.4, 0.4}, Std: [3]float64{0.2, 0.2, 0.2},
}

var teachers struct {
	sync.Mutex
	bySeed map[uint64]*models.Model
}

// Teacher is a network trained on Stripes, once for all tests of a package.
func Teacher(t testing.TB, seed uint64) *models.Model {
	t.Helper()
	teachers.Lock()
	defer teachers.Unlock()
	if m := teachers.bySeed[seed]; m != nil {
		return m
	}
	dev := graphtest.Device(t)
	m, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	_, err = train.Squeeze{Data: Stripes, Recipe: train.Recipe{
		Optimizer: "sgd", LR: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4, Epochs: 2, Schedule: train.StepCosine, Period: 2, Warmup: 2, Batch: 9,
		Augment: train.PadCrop, Pad: 4, Seed: seed,
	}}.Run(context.Background(), dev, m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "teacher.safetensors")
	if err := m.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	frozen, err := models.Open(dev, path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	if teachers.bySeed == nil {
		teachers.bySeed = map[uint64]*models.Model{}
	}
	teachers.bySeed[seed] = frozen
	return frozen
}
