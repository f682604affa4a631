package distill

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/train/traintest"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Where products are of fp16, the losses of 200 steps are those of float32 within 2 %, of each 20 steps by their mean: single
// steps part as ReLU's kinks are met.
func TestLossesOfHalfPrecision(t *testing.T) {
	half := graphtest.HalfDevice(t)
	path := filepath.Join(t.TempDir(), "teacher.safetensors")
	if err := traintest.Teacher(t, 1).Save(path, nil); err != nil {
		t.Fatal(err)
	}
	full, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Precision: vk.FP32})
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	const steps, window = 200, 20
	losses := func(dev *vk.Device) (means [steps / window]float64) {
		teacher, err := models.Open(dev, path, "", models.Spec{Frozen: true})
		if err != nil {
			t.Fatal(err)
		}
		defer teacher.Free()
		job := Job{Teachers: []*models.Model{teacher}, Data: traintest.Stripes}
		if job.Recipe, err = recipe.New("sre2l", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}); err != nil {
			t.Fatal(err)
		}
		job.Recipe.IPC, job.Recipe.Steps = 1, steps
		seen := watchJob(&job)
		if _, err := Recover(context.Background(), dev, job); err != nil {
			t.Fatal(err)
		}
		for i, s := range seen.steps {
			means[i/window] += s.Total / window
		}
		return means
	}
	want, got := losses(full), losses(half)
	if want == got {
		t.Fatal("both devices computed the same bits: one of them is not of its precision")
	}
	for i := range want {
		off := math.Abs(got[i]/want[i] - 1)
		t.Logf("steps %d to %d: %.4f in fp16, %.4f in fp32, off by %.2g", window*i+1, window*(i+1), got[i], want[i], off)
		if !(off < 0.02) {
			t.Errorf("steps %d to %d: mean loss %v in fp16, %v in fp32: want within 2 %%", window*i+1, window*(i+1), got[i], want[i])
		}
	}
}
