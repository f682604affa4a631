package main

import (
	"regexp"
	"strings"
	"testing"

	"reta/server/run"
)

// A prior is what students reach on images that were distilled with one teacher alone; given again, nothing is repeated.
func TestPrior(t *testing.T) {
	dir := t.TempDir()
	words := strings.Fields("prior --steps 4 --ipc 1 --seeds 1 --student resnet-mini --teacher run/demo/resnet-mini.safetensors --teacher run/demo/mobilenetv2-mini.safetensors" +
		" --cache " + dir + "/cache --dir " + dir + "/priors")
	first, stderr, err := shell(t.Context(), t, run.NewGate(), words...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if !regexp.MustCompile(`(?s)resnet-mini.safetensors +\d+\.\d % .*mobilenetv2-mini.safetensors +\d+\.\d % .*--recipe cv-dd --set priors=\d+\.\d,\d+\.\d, with`).MatchString(first) {
		t.Errorf("it prints\n%s", first)
	}
	again, stderr, err := shell(t.Context(), t, run.NewGate(), words...)
	if err != nil || again != first || strings.Contains(stderr, "recover: recipe") {
		t.Errorf("again: %v, it prints\n%s\nand says\n%s", err, again, stderr)
	}
}

func TestPriorRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"prior":                             "no teacher: give those whose priors are wanted with --teacher",
		"prior --teacher x.safetensors":     "x.safetensors",
		"prior --teacher x --until recover": "--until: a prior is the evaluation of the images alone: drop it",
		"prior --teacher run/demo/resnet-mini.safetensors --recipe retta": `unknown recipe "retta"`,
		"recover --recipe rded --lr 1":                                    "--lr 1 has no effect: no step is made (steps 0)",
		"recover --recipe cv-dd --network resnet8":                        "takes 2 teachers at least in every step",
	} {
		dir := t.TempDir()
		args := append(strings.Fields(words), "--cache", dir)
		if strings.HasPrefix(words, "recover") {
			args = append(args, "--run-dir", dir+"/run", "--epochs", "1", "--steps", "2")
		}
		if strings.Contains(words, "rded") {
			args = append(args[:len(args)-4], "--print-config")
		}
		if _, _, err := shell(t.Context(), t, run.NewGate(), args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", words, err, want)
		}
	}
}
