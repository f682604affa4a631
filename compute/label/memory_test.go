package label

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/shared/protocol"
)

// Where the device has no room for a batch, its views pass in parts, and their labels are the same; in train mode, whose
// statistics are the batch's, the error says so.
func TestLabelsInParts(t *testing.T) {
	const side, n = 32, 16
	job := func(dev *vk.Device, mode string) Job {
		j := smallJob(t, func(j *Job) {
			j.Images = squares(3, side)
			j.Labels.Mode, j.Labels.Batch, j.Labels.Halves = mode, n, false
		})
		m, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Frozen: true, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Free)
		j.Teachers = []*models.Model{m}
		return j
	}
	whole := newTeachers(t, job(graphtest.Device(t), protocol.EvalMode))
	v := whole.Plan().Batch(0, 0)
	want, err := whole.Logits(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	m := whole.programs[len(v.Index)].exec.Memory()
	dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Validation: graphtest.Validation(), MemoryLimit: m.Own + m.Arena*3/4 + 1<<20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	small, err := NewTeachers(dev, job(dev, protocol.EvalMode))
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	got, err := small.Logits(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	p := small.programs[len(v.Index)]
	if len(p.logits[0]) < 2 || p.exec.Memory().Arena >= m.Arena {
		t.Errorf("%d parts take %+v; at once it would be %+v", len(p.logits[0]), p.exec.Memory(), m)
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-5*(1+math.Abs(float64(want[i]))) {
			t.Errorf("logit %d: %v, at once %v", i, got[i], want[i])
		}
	}
	small.Close()
	if _, err := NewTeachers(dev, job(dev, protocol.TrainMode)); !errors.Is(err, vk.ErrOutOfMemory) || !strings.Contains(err.Error(), "a batch passes as a whole") {
		t.Errorf("in train mode: %v", err)
	}
}
