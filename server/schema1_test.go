package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
)

// A run that the first version left unfinished, with a checkpoint in its second stage, goes on and is reported; one that it
// finished is reported and replayed.
func TestRunsOfSchema1Continue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS("testdata/schema1/unfinished")); err != nil {
		t.Fatal(err)
	}
	_, stderr, err := shell(t.Context(), t, run.NewGate(), "recover", "--resume", dir, "--cache", t.TempDir())
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, words := range []string{"classes 0 to 1: continuing in stage 2, after step 12", "recover: 4 images in "} {
		if !strings.Contains(stderr, words) {
			t.Errorf("the log does not say %q:\n%s", words, stderr)
		}
	}
	if images, _ := filepath.Glob(filepath.Join(dir, "export", "train", "*", "*.png")); len(images) != 4 {
		t.Errorf("exported %v, want 2 images of 2 classes", images)
	}
	for _, folder := range []string{dir, "testdata/schema1/finished"} {
		stdout, stderr, err := shell(t.Context(), t, run.NewGate(), "report", folder)
		if err != nil || !strings.Contains(stdout, "2/2") {
			t.Errorf("report %s: %v\n%s%s", folder, err, stdout, stderr)
		}
	}
	_, _, stop := replay(t, "testdata/schema1/finished")
	stop()
}

// With another setting it is refused, by the setting's name.
func TestRunsOfSchema1AreComparedSettingBySetting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS("testdata/schema1/unfinished")); err != nil {
		t.Fatal(err)
	}
	_, _, err := shell(t.Context(), t, run.NewGate(), "recover", "--run-dir", dir, "--cache", t.TempDir(), "--classes", "2", "--per-class", "12",
		"--ipc", "2", "--steps", "16", "--stages", "2", "--seed", "8", "--topo-every", "4")
	if err == nil || !strings.Contains(err.Error(), "seed = 7") || !strings.Contains(err.Error(), "seed = 8") || strings.Contains(err.Error(), "{") {
		t.Errorf("another seed: %v", err)
	}
}
