//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// look finds the first of the programs.
func look(names ...string) (path, missing string) {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path, ""
		}
	}
	return names[0], "there is no Python here"
}

// torchParts time the same steps in PyTorch, by torch_step.py.
func torchParts(o options, m matrix, found []row, scratch string) []part {
	script := filepath.Join(o.repo, "docs", "benchmarks", "torch_step.py")
	python, device, skip := o.python, "cuda", ""
	if python == "" {
		python, _ = look("python3", "python")
	}
	switch {
	case len(found) == 0:
		skip = "there is no PyTorch here"
	case found[0]["missing"] != nil:
		skip = "PyTorch is not complete here: " + text(found[0]["missing"])
	case len(list(found[0]["devices"])) == 0 && !o.rehearse:
		skip = "this PyTorch sees no CUDA device"
	case len(list(found[0]["devices"])) == 0:
		device = "cpu"
	}
	if _, err := os.Stat(script); err != nil {
		skip = fmt.Sprintf("%s is missing: --repo names a copy of the repository", script)
	}
	timed := func(name string, limit time.Duration, networks, sizes, batches, modes, layouts []string) part {
		command := []string{python, script, "--device", device, "--step", "recover", "--seconds", m.seconds, "--repeats", m.repeats, "--json", "/dev/stdout"}
		for _, words := range [][]string{{"--network"}, networks, {"--size"}, sizes, {"--batch"}, batches, {"--mode"}, modes, {"--layout"}, layouts} {
			command = append(command, words...)
		}
		return part{name: name, limit: limit, command: command, skip: skip, read: jsonLines,
			env: []string{"PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "TORCHINDUCTOR_CACHE_DIR=" + filepath.Join(scratch, "inductor")}}
	}
	both := []string{"nchw", "channels_last"}
	all := []part{
		timed("PyTorch, recover", 60*time.Second, m.networks, m.sizes, m.batches[:1], []string{"eager", "amp"}, both),
		timed("PyTorch, recover, compiled", 60*time.Second, m.networks[:1], m.sizes[:1], m.batches[:1], []string{"compiled"}, both[1:]),
	}
	if len(m.batches) > 1 {
		all = append(all, timed("PyTorch, recover, small batch", 40*time.Second, m.networks, m.sizes, m.batches[1:], []string{"eager", "amp"}, both[1:]))
	}
	return all
}

// list is a value of JSON that is one, number and text likewise; the zero value otherwise.
func list(v any) []any { l, _ := v.([]any); return l }

func number(v any) float64 { n, _ := v.(float64); return n }

func text(v any) string { s, _ := v.(string); return strings.TrimSpace(s) }
