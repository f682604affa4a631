package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/server/run"
)

// shell carries a command out in this process and returns what it prints.
func shell(ctx context.Context, t *testing.T, gate *run.Gate, words ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	root := command(gate)
	var out, errs bytes.Buffer
	root.SetArgs(words)
	root.SetOut(&out)
	root.SetErr(&errs)
	err = root.ExecuteContext(ctx)
	return out.String(), errs.String(), err
}

// From a folder of pictures without a test part, by way of a teacher trained on
// them, to an ImageFolder of distilled ones. The teacher is kept for the next run.
func TestFromPicturesToDistilledImages(t *testing.T) {
	dir := t.TempDir()
	for _, f := range pictures(t) {
		writeFile(t, filepath.Join(dir, "set", strings.TrimPrefix(f[0], "train/")), []byte(f[1]))
	}
	words := strings.Fields("--headless --dataset path:DIR/set --network resnet8 --epochs 1 --ipc 2 --steps 4 --cache DIR/cache --run-dir DIR/run")
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "DIR", dir)
	}
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), words...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if want := filepath.Join(dir, "run", "export") + "\n"; stdout != want {
		t.Errorf("prints %q, want %q", stdout, want)
	}
	for _, want := range []string{"none given (--teacher FILE), so resnet8 is trained on the 12 real images for 1 epoch; it is kept", "% on 12 training images; kept as ", "recover: 4 images in "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("does not say %q:\n%s", want, stderr)
		}
	}
	images, _ := filepath.Glob(filepath.Join(dir, "run", "export", "train", "class*", "*.png"))
	if len(images) != 4 {
		t.Errorf("exported %v, want 2 images of 2 classes", images)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "run", "checkpoints")); len(left) > 0 {
		t.Error("checkpoints are left after the export")
	}

	words[len(words)-1] = filepath.Join(dir, "again")
	stdout, stderr, err = shell(t.Context(), t, run.NewGate(), append(words, "--json")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var path string
	for line := range strings.Lines(stdout) {
		var e struct {
			Event string
			Body  map[string]any
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event == "" {
			t.Fatalf("--json prints %q: %v", line, err)
		}
		if e.Event == "result" {
			path, _ = e.Body["Path"].(string)
		}
	}
	if path != filepath.Join(dir, "again", "export") {
		t.Errorf("the result is in %q", path)
	}
	if !strings.Contains(stdout, "found the resnet8 trained before on this data") {
		t.Error("the teacher was trained twice")
	}
	if stderr != "" {
		t.Errorf("--json prints for people too: %s", stderr)
	}
}

// A run that was killed between its export and the removal of its checkpoints ends well when it is given again.
func TestRunKilledBehindItsExport(t *testing.T) {
	dir := t.TempDir()
	args := strings.Fields(small + "--cache " + dir + "/cache --run-dir " + dir + "/run")
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), args...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	checkpoints := filepath.Join(dir, "run", "checkpoints")
	if err := os.Mkdir(checkpoints, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(checkpoints, "classes-0000.safetensors"), []byte("of the killed run"))
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), args...); err != nil || !strings.Contains(stderr, "recover: 4 images in "+filepath.Join(dir, "run", "export")) {
		t.Errorf("%v\n%s", err, stderr)
	}
	if _, err := os.Stat(checkpoints); err == nil {
		t.Error("its checkpoints are left")
	}
	if _, _, err := shell(t.Context(), t, run.NewGate(), args...); exitCode(err) != 2 {
		t.Errorf("and once more: %v, want that it is finished", err)
	}
}

// A run of FADRM+ that was begun when its default was one teacher goes on with it, by the same command and by --resume; a new one
// has four.
func TestOlderRunOfATeamKeepsItsTeacher(t *testing.T) {
	dir := t.TempDir()
	words := func(line string) []string { return strings.Fields(strings.ReplaceAll(line, "DIR", dir)) }
	asked := words("recover --recipe fadrm+ --classes 2 --per-class 4 --ipc 1 --steps 4 --cache DIR/cache")
	config, stderr, err := shell(t.Context(), t, run.NewGate(), append(asked, "--print-config")...)
	if err != nil || !strings.Contains(config, `networks = ["fadrm+"]`) {
		t.Fatalf("%v\n%s%s", err, config, stderr)
	}
	older := strings.Replace(config, `networks = ["fadrm+"]`, "", 1)
	for _, again := range [][]string{append(asked, words("--run-dir DIR/same")...), words("recover --resume DIR/resumed --cache DIR/cache")} {
		folder := again[slices.IndexFunc(again, func(w string) bool { return strings.HasPrefix(w, dir) && w != dir+"/cache" })]
		writeFile(t, filepath.Join(folder, "config.toml"), []byte(older))
		_, stderr, err := shell(t.Context(), t, run.NewGate(), again...)
		if err != nil || strings.Count(stderr, "from "+dir+"/cache/teachers/") != 1 {
			t.Errorf("%v: %v\n%s", again, err, stderr)
		}
	}
}

// A run interrupted after two steps ends with 6, and --resume auto finishes it
// with the same images as a run that was never interrupted.
func TestInterruptedRunContinues(t *testing.T) {
	dir := t.TempDir()
	words := func(line string) []string { return strings.Fields(strings.ReplaceAll(line, "DIR", dir)) }
	whole := words(small + "--cache DIR/cache --run-dir DIR/whole")
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), whole...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}

	ctx, interrupt := context.WithCancel(t.Context())
	gate := run.NewGate()
	gate.Step(2)
	go func() {
		for !gate.Paused() && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		interrupt()
	}()
	_, stderr, err := shell(ctx, t, gate, words(small+"--cache DIR/cache --runs DIR/runs")...)
	interrupt()
	if exitCode(err) != 6 {
		t.Fatalf("%v (exit code %d, want 6)\n%s", err, exitCode(err), stderr)
	}
	folders, _ := filepath.Glob(filepath.Join(dir, "runs", "*"))
	if len(folders) != 1 || !strings.Contains(err.Error(), " --resume "+folders[0]) {
		t.Fatalf("folders %v:\n%s", folders, stderr)
	}

	// The log is not worth the run: torn by a crash, or left as zeros by one.
	log := filepath.Join(folders[0], "events.reta")
	was, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	zeros := filepath.Join(dir, "zeros")
	if err := os.CopyFS(zeros, os.DirFS(folders[0])); err != nil {
		t.Fatal(err)
	}
	writeFile(t, log, append(was, "torn"...))
	writeFile(t, filepath.Join(zeros, "events.reta"), make([]byte, len(was)))
	for folder, c := range map[string]struct{ resume, says string }{
		folders[0]: {"auto", "log: its last 4 bytes could not be read and are gone"},
		zeros:      {zeros, "log: what was there is no recording, and lies in " + zeros + "/events.reta.damaged now"},
	} {
		_, stderr, err = shell(t.Context(), t, run.NewGate(), words("--headless --resume "+c.resume+" --cache DIR/cache --runs DIR/runs")...)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		if !strings.Contains(stderr, c.says) {
			t.Errorf("does not say %q:\n%s", c.says, stderr)
		}
		if !strings.Contains(stderr, "continuing in stage 3, after step 2") {
			t.Errorf("does not say where it continues:\n%s", stderr)
		}
		images, _ := filepath.Glob(filepath.Join(dir, "whole", "export", "train", "*", "*.png"))
		if len(images) != 4 {
			t.Fatalf("exported %v", images)
		}
		for _, image := range images {
			want, err1 := os.ReadFile(image)
			got, err2 := os.ReadFile(strings.Replace(image, filepath.Join(dir, "whole"), folder, 1))
			if err1 != nil || err2 != nil || !bytes.Equal(want, got) {
				t.Errorf("%s differs after the interruption (%v, %v)", filepath.Base(image), err1, err2)
			}
		}
	}
}
