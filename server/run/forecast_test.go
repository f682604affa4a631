package run

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/server/dataset"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// Every phase takes time, in proportion to what decides it; a teacher that is in the cache takes none.
func TestForecast(t *testing.T) {
	dev, cache := graphtest.Device(t), t.TempDir()
	set, err := dataset.Open(t.Context(), dataset.Options{Name: "demo", Classes: []string{"2"}, PerClass: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r, err := recipe.New("reta", Facts(set))
	if err != nil {
		t.Fatal(err)
	}
	r.IPC = 2
	f := Forecasting{Device: dev, Set: set, Cache: cache, Config: Config{Dataset: "demo", Classes: []string{"2"}, PerClass: 8, Network: "resnet8", Epochs: 3, Recipe: r}}
	squeeze, err := f.Squeeze(t.Context(), "")
	if err != nil || !(squeeze > 0) {
		t.Errorf("a teacher that is not trained yet takes %g s, %v", squeeze, err)
	}
	c := f.Config
	if err := c.Settle(dev.Info(), set, ""); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cache, "teachers", teacherName(set, "resnet8", *c.Training)+".safetensors")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if squeeze, err = f.Squeeze(t.Context(), ""); err != nil || squeeze != 0 {
		t.Errorf("one that is there takes %g s, %v", squeeze, err)
	}
	f.Config.Recipe.Steps = 1000
	few, err := f.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.Config.Recipe.Steps = 1_000_000
	if many, err := f.Recover(t.Context()); err != nil || !(few > 0) || !(many > 20*few) { // a thousand times as many steps, on a machine that others use too
		t.Errorf("1000 steps take %g s, 1000 times as many %g s, %v", few, many, err)
	}
	p, err := protocol.New("quick", Facts(set), 2, "resnet8")
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := f.Evaluate(t.Context(), []Student{{"resnet8", p}}, 2, []string{RandomControl, PatchesControl, HardControl}, nil)
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(kinds)), slices.Sorted(slices.Values([]string{event.Distilled, event.Random, event.Patches}))) {
		t.Fatalf("kinds of images %v, %v", kinds, err)
	}
	for kind, seconds := range kinds {
		if !(seconds > 0) {
			t.Errorf("students on %s images take %g s", kind, seconds)
		}
	}
	if left, _ := os.ReadDir(cache); len(left) != 1 {
		t.Errorf("the forecast has left %v in the cache", left)
	}
}
