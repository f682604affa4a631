package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/compute/label"
	"reta/server/bundle"
	"reta/server/run"
)

// The main command goes through all four phases; one that is stopped between two of them is continued to the same end.
func TestFourPhases(t *testing.T) {
	dir := t.TempDir()
	words := func(folder string, more ...string) []string {
		return append([]string{"--headless", "--classes", "2", "--per-class", "4", "--ipc", "2", "--steps", "4", "--teacher", "run/demo/resnet-mini.safetensors",
			"--no-check", "--protocol", "quick", "--student", "resnet8", "--seeds", "1", "--controls", "random", "--cache", filepath.Join(dir, "cache"), "--run-dir", folder}, more...)
	}
	whole := filepath.Join(dir, "whole")
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), words(whole)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, want := range []string{"resnet8, protocol quick: 30 epochs", "4 distilled images train resnet8 to", "random real images"} {
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("does not print %q:\n%s", want, stdout+stderr)
		}
	}
	first := readEvaluation(t, filepath.Join(whole, run.EvaluationFile))
	if len(first.Trials) != 2 || first.Students[0].Network != "resnet8" {
		t.Errorf("evaluation %+v", first)
	}
	if err := run.CheckFolder(whole); err == nil || !strings.Contains(err.Error(), "the run is finished") {
		t.Errorf("the finished run: %v", err)
	}

	// Killed between the result and the bundle, the next start brings the bundle up to date.
	out := filepath.Join(whole, "export")
	before, err := bundle.Read(out)
	if err != nil || before.Evaluation == nil {
		t.Fatalf("the bundle has evaluation %v, %v", before.Evaluation, err)
	}
	if err := errors.Join(os.Remove(filepath.Join(out, run.EvaluationFile)), bundle.Seal(out, before)); err != nil {
		t.Fatal(err)
	}
	if _, stderr, err = shell(t.Context(), t, run.NewGate(), "--headless", "--resume", whole, "--cache", filepath.Join(dir, "cache")); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if after, err := bundle.Read(out); err != nil || after.Evaluation == nil || !slices.EqualFunc(after.Evaluation.Findings, before.Evaluation.Findings, strings.EqualFold) {
		t.Errorf("the bundle's evaluation is %+v, %v: want %+v", after.Evaluation, err, before.Evaluation)
	}

	parts := filepath.Join(dir, "parts")
	ctx, stop := context.WithCancel(t.Context())
	go func() { // stops when the images are there
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(parts, "export", "manifest.json")); err == nil {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, stderr, err = shell(ctx, t, run.NewGate(), words(parts)...)
	if err == nil || !strings.Contains(err.Error(), "--resume "+parts) {
		t.Fatalf("stopped after recovery: %v\n%s", err, stderr)
	}
	if _, err := os.Stat(filepath.Join(parts, run.EvaluationFile)); err == nil {
		t.Fatal("it was stopped too late")
	}
	if _, stderr, err = shell(t.Context(), t, run.NewGate(), "--headless", "--resume", parts, "--cache", filepath.Join(dir, "cache")); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	second := readEvaluation(t, filepath.Join(parts, run.EvaluationFile))
	for i := range first.Trials {
		if a, b := first.Trials[i].Last(), second.Trials[i].Last(); a != b {
			t.Errorf("trial %d ends with %+v, uninterrupted with %+v", i, b, a)
		}
	}
}

// A run ends where --until says.
func TestUntil(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "run")
	_, stderr, err := shell(t.Context(), t, run.NewGate(), "--headless", "--until", "relabel", "--classes", "2", "--per-class", "4", "--ipc", "2", "--steps", "4",
		"--teacher", "run/demo/resnet-mini.safetensors", "--no-check", "--cache", filepath.Join(dir, "cache"), "--run-dir", folder)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if _, err := label.Open(filepath.Join(folder, "labels")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder, run.EvaluationFile)); err == nil {
		t.Error("it went on to evaluate")
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"--until", "squeeze"}, "--until squeeze: want one of recover, relabel, evaluate"},
		{[]string{"--until", "recover", "--seeds", "3"}, "--seeds is about what follows recovery"},
		{[]string{"--seeds", "0"}, "--seeds 0: want 1 to 1000"},
		{[]string{"--student", "resnet19"}, "--student: unknown network \"resnet19\""},
		{[]string{"--controls", "luck"}, "--controls luck: want some of random"},
		{[]string{"--protocol", "mtt"}, "--protocol mtt: want one of"},
	} {
		if _, _, err := shell(t.Context(), t, run.NewGate(), append(c.words, "--headless")...); err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != 2 {
			t.Errorf("%v: %v (exit code %d): want %q and 2", c.words, err, exitCode(err), c.want)
		}
	}
}
