package run

import (
	"errors"
	"os"
	"strings"
	"testing"

	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
	"reta/shared/recipe"
)

// A run that the device has no room for is refused before its teacher is trained.
func TestRunThatDoesNotFitTrainsNoTeacher(t *testing.T) {
	dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), MemoryLimit: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	set, err := dataset.Open(t.Context(), dataset.Options{Name: "demo", Classes: []string{"2"}, PerClass: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	c, err := recipe.New("reta", Facts(set))
	if err != nil {
		t.Fatal(err)
	}
	c.IPC = 1000
	trained := false
	r := &Run{Config: Config{Dataset: "demo", Network: "resnet8", Epochs: 1, Recipe: c}, Device: dev, Set: set, Cache: t.TempDir(), Gate: NewGate(), data: DataOf(set),
		Emit: func(e event.Event) {
			if _, ok := e.(event.Squeeze); ok {
				trained = true
			}
		}}
	if _, err := r.trainedTeachers(t.Context()); trained || !errors.Is(err, vk.ErrOutOfMemory) || !strings.Contains(err.Error(), "recover: a step at 32 px, 2000 images of 2 classes: ") {
		t.Errorf("trained: %t; %v", trained, err)
	}
}
