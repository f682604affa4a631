package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
)

// Two classes come one by one, in two orders: students of one class, then of both, on distilled and random images, with labels of
// a teacher of all ten. The last step is made once for both orders, and nothing again.
func TestIncremental(t *testing.T) {
	dir := t.TempDir()
	folder := distilled(t, dir)
	learn := func(words ...string) (stdout, stderr string, err error) {
		return shell(t.Context(), t, run.NewGate(), append(append([]string{"incremental"}, words...), "--steps", "2", "--orders", "2", "--protocol", "quick", "--student", "resnet-mini", "--epochs", "1",
			"--labels", "online", "--teacher", "run/demo/resnet-mini.safetensors", "--cache", filepath.Join(dir, "cache"))...)
	}
	stdout, stderr, err := learn(folder)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, want := range []string{"1 class  2 classes", "average", "distilled images", "random real images", "GDumb: a new student after each step", "what it forgets is what more classes cost it"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not print %q:\n%s", want, stdout)
		}
	}
	for _, want := range []string{"order 2 of 2, step 1 of 2: 1 class", "labels are made of the teachers' logits of the classes so far only"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("does not say %q:\n%s", want, stderr)
		}
	}
	left := filepath.Join(folder, "export-incremental", "1-classes-x", ".a.json5577006791947779410") // of a process that was killed
	if err := os.MkdirAll(filepath.Dir(left), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, left, nil)
	stdout, stderr, err = learn(folder, "--json")
	if _, there := os.Stat(left); there == nil {
		t.Errorf("%s was not swept", left)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var r run.IncrementalResult
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 2 || len(r.Orders) != 2 || len(r.Rows[0].Runs) != 2 || r.Rows[0].Steps[0].Top1 != 1 || r.Rows[0].Count[1] != 4 || r.Rows[0].Runs[0].Top1[1] != r.Rows[0].Runs[1].Top1[1] {
		t.Errorf("%+v: want two rows, one class that is always right, and the same last step of both orders", r)
	}
	if strings.Contains(stdout, "trials to make") {
		t.Errorf("finished trainings are made again:\n%s", stdout)
	}
	stdout, _, err = learn(filepath.Join(folder, "export"), "--csv", "--memory", "2")
	if err != nil || strings.Count(stdout, "\n") != 9 || !strings.Contains(stdout, ",2,1,2,2,2,") {
		t.Errorf("--csv with a memory of 2: %v\n%s", err, stdout)
	}
	stdout, stderr, err = learn(folder, "--method", "distill", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	lines = strings.Split(strings.TrimSpace(stdout), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 2 || r.Method != run.Distill || r.Rows[0].Forgetting == nil || r.Rows[0].Runs[1].Order != 2 || len(r.Rows[0].Runs[1].Top1) != 2 {
		t.Errorf("with distillation: %+v", r)
	}
	for words, want := range map[string]string{
		"--steps 3":          "--steps 3: want at most 2, a class each",
		"--steps 0":          "--steps 0: want 1 to",
		"--memory -1":        "--memory -1: want 0 to",
		"--memory 1":         "a memory of 1 images for 2 classes",
		"--method icarl":     "--method icarl: want gdumb or distill",
		"--controls patches": "--controls patches: want some of random, hard, random-hard",
	} {
		all := append([]string{"incremental", folder, "--protocol", "quick", "--student", "resnet-mini", "--epochs", "1", "--labels", "hard", "--steps", "2", "--orders", "1", "--cache", filepath.Join(dir, "cache")}, strings.Fields(words)...)
		if _, _, err := shell(t.Context(), t, run.NewGate(), all...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", words, err, want)
		}
	}
}

// Without --teacher labels are made by those of the run, that it has trained itself too.
func TestIncrementalByOwnTeachers(t *testing.T) {
	dir := t.TempDir()
	folder, cache := filepath.Join(dir, "run"), filepath.Join(dir, "cache")
	for _, words := range []string{
		"recover --classes 2 --per-class 4 --ipc 2 --steps 4 --network resnet8 --epochs 1 --no-check --quiet --run-dir " + folder,
		"incremental " + folder + " --steps 2 --orders 1 --protocol quick --student resnet8 --epochs 1 --controls none --out " + filepath.Join(dir, "out"),
	} {
		if _, stderr, err := shell(t.Context(), t, run.NewGate(), append(strings.Fields(words), "--cache", cache)...); err != nil {
			t.Fatalf("%s: %v\n%s", words, err, stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "out", run.IncrementalFile))
	if err != nil || !strings.Contains(string(text), `"labels": "soft"`) {
		t.Errorf("%v\n%s", err, text)
	}
}
