package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/label"
	"reta/server/run"
	"reta/shared/event"
)

// distilled makes a run of four images of two classes of the demo set.
func distilled(t *testing.T, dir string) string {
	t.Helper()
	folder := filepath.Join(dir, "run")
	words := []string{"recover", "--classes", "2", "--per-class", "4", "--ipc", "2", "--steps", "4", "--cache", filepath.Join(dir, "cache"), "--run-dir", folder,
		"--teacher", "run/demo/resnet-mini.safetensors", "--no-check", "--quiet"}
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), words...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return folder
}

// A run is labelled by its own teacher, and its images as a folder of images by the same file: the labels are the same.
func TestRelabel(t *testing.T) {
	dir := t.TempDir()
	folder := distilled(t, dir)
	more := []string{"--epochs", "3", "--cache", filepath.Join(dir, "cache")}
	relabel := func(words ...string) (stdout, stderr string, err error) {
		return shell(t.Context(), t, run.NewGate(), append(append([]string{"relabel"}, words...), more...)...)
	}
	stdout, stderr, err := relabel(folder)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	labels := filepath.Join(folder, "labels")
	if stdout != labels+"\n" {
		t.Errorf("prints %q, want %q", stdout, labels)
	}
	for _, want := range []string{"top-1 100.0 % on 4 of the 4 images to be labelled", "labels: 3 epochs x 4 images x 2 classes x 2 bytes = 4.8e-05 MB; about "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("does not say %q:\n%s", want, stderr)
		}
	}
	store, err := label.Open(labels)
	if err != nil {
		t.Fatal(err)
	}
	m := store.Manifest
	if len(m.Images) != 4 || m.Images[2] != "train/ring/00000.png" || len(m.Classes) != 2 || m.Classes[1].ID != "ring" || m.Teachers[0].Network != "resnet-mini" || m.Labels.Epochs != 3 {
		t.Errorf("%v of images %v, classes %v, teachers %v", m, m.Images, m.Classes, m.Teachers)
	}
	if err := store.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	checkLog(t, folder)

	before, again := shards(t, labels), filepath.Join(dir, "again")
	if _, stderr, err := relabel(folder, "--quiet"); err != nil || stderr != "" {
		t.Errorf("labels that are there: %v\n%s", err, stderr)
	}
	stdout, stderr, err = relabel(filepath.Join(folder, "export"), "--dataset", "demo", "--teacher", "run/demo/resnet-mini.safetensors", "--out", again, "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if !strings.Contains(stdout, `"State":"relabelling"`) || strings.Contains(stdout, `"event":"views"`) || !strings.HasSuffix(stdout, `"classes":2,"epochs":3,"images":4,"labels":"`+again+"\"}\n") {
		t.Errorf("--json prints %s", stdout)
	}
	for _, dir := range []string{labels, again} {
		if after := shards(t, dir); !bytes.Equal(after, before) {
			t.Errorf("%s holds other labels", dir)
		}
	}
	if _, err := os.Stat(filepath.Join(again, "LOCK")); err == nil {
		t.Error("the lock is left behind")
	}
}

// shards are the bytes of a store's manifest and its only shard.
func shards(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	for _, name := range []string{"manifest.json", "labels-00001-of-00001.safetensors"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// checkLog looks for the views of both classes and the end in the run's log.
func checkLog(t *testing.T, folder string) {
	t.Helper()
	_, file, recording, err := openRecording(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	views, last := map[event.Item]event.Views{}, event.Status{}
	for _, entry := range recording.Index().Entries() {
		m, err := recording.Read(entry)
		if err != nil {
			t.Fatal(err)
		}
		switch e := m.Event.(type) {
		case event.Views:
			views[event.ItemOf(e)] = e
		case event.Status:
			if e.State == event.Relabelling {
				t.Error("the log keeps passing progress")
			}
			last = e
		}
	}
	for item, e := range views {
		if e.Len() != 3 || e.Width != 32 {
			t.Errorf("%v: %d views of %d px: want one of each epoch", item, e.Len(), e.Width)
		}
	}
	if len(views) != 4 || last.State != event.Done || last.Phase != "relabel" {
		t.Errorf("the log has views of %d images and ends with %+v", len(views), last)
	}
}

// Stopped, it says how to continue; what it was asked wrong it says at once.
func TestRelabelRefusals(t *testing.T) {
	dir := t.TempDir()
	folder := distilled(t, dir)
	unfinished := filepath.Join(dir, "unfinished")
	openRun(t, unfinished).Close()
	writeFile(t, filepath.Join(dir, "other", "zebra", "1.png"), []byte(pictures(t)[0][1]))
	writeFile(t, filepath.Join(dir, "file"), []byte("text"))
	teacher := []string{"--teacher", "run/demo/resnet-mini.safetensors"}
	demo := append([]string{"--dataset", "demo"}, teacher...)
	for _, c := range []struct {
		words []string
		code  int
		want  string
	}{
		{nil, 2, "0 folders given: want one"},
		{[]string{filepath.Join(dir, "none")}, 3, "no such file or directory: want the folder of a run, or of images"},
		{[]string{filepath.Join(dir, "file")}, 2, "is a file: want the folder of a run"},
		{append([]string{folder}, "--dataset", "demo"), 2, "are those of the run"},
		{[]string{folder, "--out", "x"}, 2, "lies in its folder"},
		{[]string{folder, "--mix", "blend"}, 2, "--mix blend: want cutmix, mixup or none"},
		{[]string{folder, "--protocol", "nobody"}, 2, `--protocol: unknown protocol "nobody": want one of best-of-four`},
		{[]string{folder, "--top-k", "2", "--bits", "8"}, 2, "top_k 2 with"},
		{[]string{folder, "--weights", "1,2", "--epochs", "2"}, 2, "labels.weights [1 2]: want one for each of the teachers, which are 1"},
		{[]string{unfinished}, 1, "no export yet: finish the run with --resume"},
		{[]string{filepath.Join(folder, "export")}, 2, "say with --dataset"},
		{[]string{filepath.Join(folder, "export"), "--dataset", "demo"}, 2, "give the teacher"},
		{append([]string{filepath.Join(dir, "other")}, demo...), 2, `class "zebra"`},
		{append([]string{filepath.Join(folder, "export"), "--classes", "3"}, demo...), 3, "there are none of"},
	} {
		_, stderr, err := shell(t.Context(), t, run.NewGate(), append([]string{"relabel", "--cache", filepath.Join(dir, "cache")}, c.words...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != c.code {
			t.Errorf("relabel %s: error %v of code %d, want one with %q of code %d\n%s", strings.Join(c.words, " "), err, exitCode(err), c.want, c.code, stderr)
		}
	}
	if _, _, err := shell(t.Context(), t, run.NewGate(), "relabel", folder, "--epochs", "2", "--quiet", "--cache", filepath.Join(dir, "cache")); err != nil {
		t.Fatal(err)
	}
	_, _, err := shell(t.Context(), t, run.NewGate(), "relabel", folder, "--epochs", "3", "--cache", filepath.Join(dir, "cache"))
	if !errors.Is(err, label.ErrOther) || exitCode(err) != 2 || !strings.Contains(err.Error(), "it has labels.epochs = 2, asked labels.epochs = 3") {
		t.Errorf("other labels: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, _, err = shell(ctx, t, run.NewGate(), "relabel", folder, "--epochs", "2", "--cache", filepath.Join(dir, "cache"))
	if exitCode(err) != 6 || !strings.HasPrefix(message(err), "stopped; to continue:\n  ") {
		t.Errorf("stopped: %v of code %d", err, exitCode(err))
	}
}
