package train

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/vk"
)

// A training step that the device has no room for says what batch would fit, and that one does.
func TestWhatWouldFitIsSaid(t *testing.T) {
	trainer := func(limit int64, batch int) (*trainer, *vk.Device, error) {
		dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Validation: graphtest.Validation(), MemoryLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
		})
		m, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Free)
		tr, err := newTrainer(dev, m, stripesData(), smallRecipe(), batch)
		if err == nil {
			t.Cleanup(tr.Close)
		}
		return tr, dev, err
	}
	_, dev, err := trainer(0, 12)
	if err != nil {
		t.Fatal(err)
	}
	limit, _ := dev.MemoryUsed()
	_, _, err = trainer(limit, 32)
	if !errors.Is(err, vk.ErrOutOfMemory) {
		t.Fatalf("32 images in the memory for 12: %v", err)
	}
	n := 0
	if _, said, ok := strings.Cut(err.Error(), "; a batch of "); ok {
		fmt.Sscanf(said, "%d fits, which trains the network otherwise", &n)
	}
	if n < 6 || n > 12 {
		t.Fatalf("in the memory for 12 images a batch of %d is said to fit: %v", n, err)
	}
	if _, _, err := trainer(limit, n); err != nil {
		t.Errorf("a batch of %d: %v", n, err)
	}
}
