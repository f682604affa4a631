package main

import (
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
)

// An image of idc holds four: students see and teachers label these, of the run and of its bundle, beside as many random images as
// there are whole ones; the bundle is right with its labels.
func TestMultiFormation(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "idc")
	do := func(words string) string {
		t.Helper()
		stdout, stderr, err := shell(t.Context(), t, run.NewGate(), append(strings.Fields(words), "--cache", filepath.Join(dir, "cache"))...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", words, err, stderr)
		}
		return stdout
	}
	const teacher = " --teacher run/demo/resnet-mini.safetensors"
	do("recover --recipe idc --classes 2 --per-class 8 --ipc 1 --no-check --quiet --steps 2 --set match.network=convnet3-w32 --set match.real=4 --set match.trained=16 --run-dir " + folder + teacher)
	do("relabel " + folder + " --epochs 1 --protocol quick" + teacher)
	const judged = " --protocol quick --student resnet8 --epochs 1 --seeds 1 --controls random --csv" + teacher
	for _, path := range []string{folder, filepath.Join(folder, "export")} {
		said := do("evaluate " + path + judged)
		for _, want := range []string{"distilled,soft,resnet8,1,8,", "random,soft,resnet8,1,2,"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in\n%s", path, want, said)
			}
		}
	}
	if stdout, stderr, err := shell(t.Context(), t, run.NewGate(), "verify", filepath.Join(folder, "export")); err != nil {
		t.Errorf("%v\n%s%s", err, stdout, stderr)
	}
}
