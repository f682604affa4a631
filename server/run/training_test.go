package run

import (
	"errors"
	"fmt"
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
	r, trained := demoRun(t, dev, 4, Config{Network: "resnet8", Epochs: 1})
	r.Config.Recipe.IPC = 1000
	if _, err := r.trainedTeachers(t.Context()); len(trained) > 0 || !errors.Is(err, vk.ErrOutOfMemory) || !strings.Contains(err.Error(), "recover: a step at 32 px, 2000 images of 2 classes: ") {
		t.Errorf("trained: %v; %v", trained, err)
	}
}

// demo is the demo set's first classes with so many training images of each.
func demo(t *testing.T, classes, perClass int) *dataset.Dataset {
	t.Helper()
	set, err := dataset.Open(t.Context(), dataset.Options{Name: "demo", Classes: []string{fmt.Sprint(classes)}, PerClass: perClass})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// demoRun is a run of RETA on two classes of the demo set, which notes the networks that it trains.
func demoRun(t *testing.T, dev *vk.Device, perClass int, c Config) (r *Run, trained map[string]bool) {
	t.Helper()
	set := demo(t, 2, perClass)
	var err error
	if c.Recipe, err = recipe.New("reta", Facts(set)); err != nil {
		t.Fatal(err)
	}
	c.Dataset, trained = "demo", map[string]bool{}
	return &Run{Config: c, Device: dev, Set: set, Cache: t.TempDir(), Gate: NewGate(), data: DataOf(set), Emit: func(e event.Event) {
		if s, ok := e.(event.Squeeze); ok {
			trained[s.Points[0].Teacher] = true
		}
	}}, trained
}

// On a CPU a network's cost decides how long it is trained where nothing is asked, between 4 and 60 epochs; on a GPU it does not.
func TestDefaultEpochs(t *testing.T) {
	cpu, gpu := vk.Info{Kind: vk.CPU}, vk.Info{Kind: vk.Discrete}
	for _, c := range []struct {
		dev    vk.Info
		images int
		flops  float64
		want   int
	}{
		{cpu, 500, 1.1e9, 6}, // ResNet-18 at 32 px: 10^13 operations are 3030 images, forwards and backwards
		{cpu, 100, 1.1e9, 30},
		{cpu, 50_000, 1.1e9, 4},
		{cpu, 5000, 2.5e7, 26}, // ResNet-mini
		{cpu, 500, 2.5e7, 60},
		{cpu, 0, 0, 60},
		{gpu, 50_000, 1.1e9, 100},
		{gpu, 50_000, 2.5e7, 100},
		{gpu, 1_281_167, 3.6e9, 50},
	} {
		if got := DefaultEpochs(c.dev, c.images, c.flops); got != c.want {
			t.Errorf("%d images of %.2g operations on %v: %d epochs, want %d", c.images, c.flops, c.dev.Kind, got, c.want)
		}
	}
	set := demo(t, 10, 22) // 220 images
	epochs := map[string]int{}
	for _, network := range []string{"resnet-mini", "resnet18", "densenet121", "alexnet"} {
		r, err := TeacherRecipe(cpu, set, "", 0, 0, network)
		if err != nil {
			t.Fatal(err)
		}
		epochs[network] = r.Epochs
	}
	if epochs["resnet-mini"] != 60 || epochs["resnet18"] != 13 || epochs["densenet121"] != 8 {
		t.Errorf("epochs %v: want 60 of a small network, 13 of ResNet-18 and 8 of DenseNet-121", epochs)
	}
}
