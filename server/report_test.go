package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/server/run"
)

// Two recipes on the same images: each run closes with its table, and report puts their kappa side by side.
func TestReportPutsRunsSideBySide(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"fadrm", "reta"} {
		words := strings.Fields("recover --classes 2 --per-class 8 --ipc 4 --steps 4 --recipe " + name)
		words = append(words, "--cache", filepath.Join(dir, "cache"), "--run-dir", filepath.Join(dir, name), "--tensorboard", filepath.Join(dir, "live"))
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
		if !strings.Contains(stderr, "stage  step  px") || !strings.Contains(stderr, "\nstart     0  32") || !strings.Contains(stderr, "\n  4/4     4  32") {
			t.Errorf("no closing table:\n%s", stderr)
		}
	}
	fadrm, reta := filepath.Join(dir, "fadrm"), filepath.Join(dir, "reta")
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "report", "--classes", fadrm, reta)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fadrm + ": recipe fadrm, ", reta + ": recipe reta, ", "start, mean", "stage 1, mean", "stage 4, mean", "end, blob",
		"at the end kappa is lower with reta than with fadrm in "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not print %q:\n%s", want, stdout)
		}
	}
	stdout, _, err = shell(t.Context(), t, run.NewGate(), "report", "--json", reta, fadrm)
	if err != nil || strings.Count(stdout, `"SpreadAfter"`) == 0 || strings.Count(stdout, "\n") != 2 {
		t.Errorf("--json: %v\n%s", err, stdout)
	}
	reportFiles(t, dir, fadrm, reta)
	live, err := filepath.Glob(filepath.Join(dir, "live", "reta", "events.out.tfevents.*"))
	if err != nil || len(live) != 1 {
		t.Fatalf("event files %v, %v", live, err)
	}
	if err := os.Rename(live[0], filepath.Join(dir, "live", "reta", "events.out.tfevents.0000000001.reta")); err != nil { // surely of another second
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"report":                   "no run given: want the folder of one or more runs",
		"report " + dir:            "want the folder of a run",
		"report " + dir + "/none":  "no such file",
		"recover " + dir:           "is not a command or flag of server recover",
		"recover --listen :0":      "unknown flag: --listen",
		"report --width 3 " + reta: "unknown flag: --width",
		"report --html " + dir + "/none/a.html " + reta: "want a file in a folder that exists",
		"report --html " + dir + " " + reta:             "want a file in a folder that exists",
		"report --csv " + reta + "/config.toml " + reta: "--csv: mkdir",
		"report --tensorboard " + dir + "/live " + reta: "live/reta holds this run already: remove that folder",
		"recover --no-log --tensorboard " + dir + "/t":  "--tensorboard writes what the log keeps",
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(words)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", words, err, want)
		}
	}
}

// reportFiles checks the files that report writes of two runs.
func reportFiles(t *testing.T, dir, a, b string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "report", a, b, "--html", at("a.html"), "--latex", at("a.tex"), "--csv", at("csv"), "--tensorboard", at("boards"))
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(stdout)
	for _, name := range []string{"a.html", "a.tex", "csv/runs.csv", "csv/settings.csv", "csv/stages.csv", "csv/classes.csv", "csv/losses.csv"} {
		if data, err := os.ReadFile(at(name)); err != nil || len(data) == 0 || !slices.Contains(files, at(name)) {
			t.Errorf("%s: %v, among %v", name, err, files)
		}
	}
	page, err := os.ReadFile(at("a.html"))
	if err != nil || strings.Count(string(page), "data:image/png") != 2*3 || !strings.Contains(string(page), "<i>λ</i><sub>topo</sub>") || !strings.Contains(string(page), "llvmpipe") {
		t.Errorf("the page (%v) has %d pictures, want the first and last of 2 classes, alike in the beginning; settings and device", err, strings.Count(string(page), "data:image/png"))
	}
	for _, name := range []string{"fadrm", "reta"} { // what was written while the runs went on is what their logs give
		live, err := filepath.Glob(at("live/" + name + "/events.out.tfevents.*.reta"))
		if err != nil || len(live) != 1 {
			t.Fatalf("%v, %v: want one file of %s", live, err, name)
		}
		later, err := filepath.Glob(at("boards/" + name + "/events.out.tfevents.*.reta"))
		if err != nil || len(later) != 1 {
			t.Fatalf("%v, %v: want one file of %s", later, err, name)
		}
		x, err1 := os.ReadFile(live[0])
		y, err2 := os.ReadFile(later[0])
		if err1 != nil || err2 != nil || len(x) != len(y) || len(x) < 1000 { // times differ
			t.Errorf("%d bytes live, %d later (%v, %v): want as many", len(x), len(y), err1, err2)
		}
	}
	again, _, err := shell(t.Context(), t, run.NewGate(), "report", a, "--json", "--html", at("a.html"), "--tensorboard", at("boards"))
	if err != nil || !strings.HasPrefix(again, "{") {
		t.Errorf("again, with --json: %v\n%s", err, again)
	}
	for _, flag := range []string{"--html", "--latex"} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), "report", a, flag, "/dev/full"); exitCode(err) != 5 || !strings.Contains(message(err), "free some space") {
			t.Errorf("%s on a full disk: code %d, %v", flag, exitCode(err), err)
		}
		if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
			t.Fatalf("/dev/full is no device any more: %v", err)
		}
	}
}
