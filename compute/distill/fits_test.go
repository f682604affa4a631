package distill

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/vk"
)

// A job that has no room is refused before its teacher is trained, and leaves nothing behind; one that Recover carries out fits.
func TestFits(t *testing.T) {
	const limit = 4 << 20
	small, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Validation: true, MemoryLimit: limit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := small.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		dev  *vk.Device
		ipc  int
		want string
	}{
		{graphtest.Device(t), 4, ""},
		{small, 400, "recover: a step at 16 px, 1200 images of 3 classes: "},
	} {
		m, err := models.New(c.dev, "resnet8", models.Spec{Classes: 3, Frozen: true})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Free()
		job := smallJob(t)
		job.Recipe.IPC, job.Teachers = c.ipc, []*models.Model{m}
		before, _ := c.dev.MemoryUsed()
		err = Fits(context.Background(), c.dev, job)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, vk.ErrOutOfMemory)) {
			t.Errorf("IPC %d: %v, want %q", c.ipc, err, c.want)
		}
		if after, _ := c.dev.MemoryUsed(); after != before {
			t.Errorf("IPC %d: %d bytes are left of it", c.ipc, after-before)
		}
	}
}
