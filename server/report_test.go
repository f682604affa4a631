package main

import (
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/event"
)

// Two recipes on the same images: each run closes with its table, and report puts their kappa side by side.
func TestReportPutsRunsSideBySide(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"fadrm", "reta"} {
		words := strings.Fields("recover --classes 2 --per-class 8 --ipc 4 --steps 4 --recipe " + name)
		words = append(words, "--cache", filepath.Join(dir, "cache"), "--run-dir", filepath.Join(dir, name))
		stdout, stderr, err := shell(t.Context(), t, run.NewGate(), words...)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		if want := filepath.Join(dir, name, "export") + "\n"; stdout != want {
			t.Errorf("prints %q, want the folder of the images alone, %q", stdout, want)
		}
		if !strings.Contains(stderr, "soft budget for 4 steps: learning rate 0.02887 instead of 0.25") {
			t.Errorf("the soft budget is not logged:\n%s", stderr)
		}
		if !strings.Contains(stderr, "own           share of images whose anchor is the patch they started from") {
			t.Errorf("no legend:\n%s", stderr)
		}
		if !strings.Contains(stderr, "stage  step  px") || !strings.Contains(stderr, "\n  start     0  32") || !strings.Contains(stderr, "\n    4/4     4  32") {
			t.Errorf("no closing table:\n%s", stderr)
		}
	}
	fadrm, reta := filepath.Join(dir, "fadrm"), filepath.Join(dir, "reta")
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "report", "--classes", fadrm, reta)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fadrm + ": recipe fadrm, ", reta + ": recipe reta, ", "fadrm fadrm", "reta reta", "start, mean", "stage 1, mean", "stage 4, mean", "end, blob",
		"at the end kappa is lower with " + reta + " than with " + fadrm + " in "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not print %q:\n%s", want, stdout)
		}
	}
	stdout, _, err = shell(t.Context(), t, run.NewGate(), "report", "--json", reta, fadrm)
	if err != nil || strings.Count(stdout, `"SpreadAfter"`) == 0 || strings.Count(stdout, "\n") != 2 {
		t.Errorf("--json: %v\n%s", err, stdout)
	}
	var table strings.Builder
	other := func(class string, kappa float32) *run.Report {
		return &run.Report{Hello: event.Hello{Classes: []string{class}}, Ends: []run.Stage{{Classes: []event.ClassShape{{Points: 4, Kappa: [2]float32{kappa}}}}}}
	}
	printKappa(&table, []string{"a", "b"}, []*run.Report{other("cat", 0.5), other("dog", 0.25)}, true)
	if text := table.String(); !strings.Contains(text, "b and a are of other classes") || strings.Contains(text, "0.2500") {
		t.Errorf("classes of other names are compared:\n%s", text)
	}
	for words, want := range map[string]string{
		"report":                   "no run given: want the folder of one or more runs",
		"report " + dir:            "want the folder of a run",
		"report " + dir + "/none":  "no such file",
		"recover " + dir:           "is not a command or flag of server recover",
		"recover --listen :0":      "unknown flag: --listen",
		"report --width 3 " + reta: "unknown flag: --width",
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(words)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", words, err, want)
		}
	}
}
