package evaluate

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What jobs of some trials have kept is one folder afterwards: outcomes, accuracies on corrupted images by trial, students.
func TestMergedFoldersAreOneJobs(t *testing.T) {
	put := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	a := put(map[string]string{"k1.json": `{"seed":1}`, "k1.weights.safetensors": "w1", "fog-1-x.json": `{"k1":{"top1":0.5},"stale":{}}`})
	b := put(map[string]string{"k2.json": `{"seed":2}`, "k3.json": `{"seed":3}`, "fog-1-x.json": `{"k3":{"top1":0.25},"k2":{"top1":1}}`, "fog-2-x.json": `{"k2":{}}`})
	out := filepath.Join(t.TempDir(), "evaluation")
	if err := Merge(out, []Kept{{a, []string{"k1"}}, {b, []string{"k2", "k3"}}}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(out, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(text)
	}
	if want := map[string]string{
		"k1.json": `{"seed":1}`, "k2.json": `{"seed":2}`, "k3.json": `{"seed":3}`, "k1.weights.safetensors": "w1",
		"fog-1-x.json": `{"k1":{"top1":0.5},"k2":{"top1":1},"k3":{"top1":0.25}}`, "fog-2-x.json": `{"k2":{}}`,
	}; !maps.Equal(got, want) {
		t.Errorf("merged they are %q, want %q", got, want)
	}
	nothing := t.TempDir()
	if err := Merge(nothing, []Kept{{a, []string{"k1", "k4"}}}); err == nil || !strings.Contains(err.Error(), "k4.json") {
		t.Errorf("a trial that is not there: %v", err)
	}
	if entries, _ := os.ReadDir(nothing); len(entries) > 0 {
		t.Error("something is written all the same")
	}
}
