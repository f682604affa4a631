package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"reta/compute/vk"
	"reta/server/engine"
	"reta/server/run"
)

// Several devices come to what one comes to, whichever makes which part, and though an engine is killed on the way.
func TestDevicesComeToTheWholeRun(t *testing.T) {
	dir := t.TempDir()
	line := "--headless --until relabel --protocol quick --student resnet8 " + clusterRun + " --cache " + dir + "/cache --run-dir "
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line+dir+"/whole --quiet")...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	host, said := apart(t, strings.Fields(line+dir+"/several --device 0,0")...)
	killed := 0
	waitFor(t, "two engines killed", func() bool {
		if children := childrenOf(host.Process.Pid); strings.Count(said.String(), "start of classes") > killed && len(children) > 0 {
			_ = syscall.Kill(children[rand.IntN(len(children))], syscall.SIGKILL)
			killed++
		}
		return killed == 2
	})
	if err := host.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	sameFiles(t, dir+"/several", dir+"/whole", "export", "labels", "config.toml", "images.bin")
	replayed(t, dir+"/several")
	for _, want := range []string{"recover 3/4: made by device 0 (", "relabel 15/16: made by device 0 (", "it starts again from the last checkpoint"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("does not say %q:\n%s", want, said)
		}
	}
	for _, left := range []string{run.PartsFolder, preparedFile} {
		if _, err := os.Stat(filepath.Join(dir, "several", left)); err == nil {
			t.Errorf("%s is left in the run's folder", left)
		}
	}
}

// A part that cannot be made is set aside and named, the rest is made and kept, and the exit code says so; once it can be made, the
// same run goes on from there.
func TestPartThatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run")
	config, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields("recover "+clusterRun+" --print-config")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	writeFile(t, filepath.Join(path, "config.toml"), []byte(config))
	foreign := filepath.Join(path, run.PartsFolder, "recover-1-of-4")
	writeFile(t, filepath.Join(foreign, "somebody's"), []byte("x"))
	said, code := process(t, nil, "recover", "--resume", path, "--device", "0,0", "--cache", dir+"/cache")
	for _, want := range []string{"1 part of recover could not be made and was set aside", "recover 1/4: ", foreign + " is not empty", "to try again:\n  ", "--resume " + path + " --cache=" + dir + "/cache --device=0,0"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q:\n%s", want, said)
		}
	}
	if parts, _ := filepath.Glob(filepath.Join(path, run.PartsFolder, "*", "export")); len(parts) != 3 || code != 2 {
		t.Errorf("exit code %d, made are %v: want 2, and the three others", code, parts)
	}
	if err := os.RemoveAll(foreign); err != nil {
		t.Fatal(err)
	}
	said, code = process(t, nil, "recover", "--resume", path, "--device", "0,0", "--cache", dir+"/cache")
	if code != 0 || !strings.Contains(said, "recover: 4 parts, 3 of them made before") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	if said, code := process(t, nil, "verify", path); code != 0 {
		t.Error(said)
	}
}

func TestDeviceList(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "0": nil, "0,0": {"0", "0"}, "0,0,0": {"0", "0", "0"}, "llvmpipe (LLVM 15.0.6, 256 bits)": nil, "0,": nil} {
		if got, err := deviceList(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v: want %v", text, got, err, want)
		}
	}
	if got, err := deviceList(allDevices); err != nil || len(got) == 0 {
		t.Errorf("all: %v, %v", got, err)
	}
	for want, line := range map[string]string{
		"--shard is for one device, --device 0,0 lists several": "recover --device 0,0 --shard 0/2",
		"--no-log is for one device":                            "recover --device 0,0 --no-log",
		"--engine inline is for one device":                     "recover --device 0,0 --engine inline",
	} {
		_, _, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line)...)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != 2 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// A signal that stops the program stops all engines, and the run is continued where they were.
func TestSeveralDevicesAreStopped(t *testing.T) {
	dir := t.TempDir()
	host, said := apart(t, strings.Fields("recover --dataset demo --classes 2 --per-class 4 --ipc 2 --steps 1000000 --batch 1 --set group=1 --device 0,0 --cache "+dir+"/cache --run-dir "+dir+"/run")...)
	waitFor(t, "both parts", func() bool { return strings.Count(said.String(), "start of classes") == 2 })
	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := host.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 6 || !strings.Contains(said.String(), "to continue:\n  "+os.Args[0]+" recover --resume "+dir+"/run") {
		t.Errorf("ends with %v:\n%s", err, said)
	}
	if saved, _ := filepath.Glob(dir + "/run/parts/*/checkpoints/*.safetensors"); len(saved) != 2 {
		t.Errorf("checkpoints: %v, want one of each part", saved)
	}
	if bytes.Contains([]byte(said.String()), []byte("set aside")) {
		t.Error(said)
	}
}

// A device that is not there, and a URL that is none, are named before anything is made.
func TestDevicesAndURLsAreJudgedFirst(t *testing.T) {
	for words, want := range map[string]string{
		"--device 0,99":                     "--device 0,99: there is no device 99: want numbers below",
		"--cluster lab":                     `URL "lab": want nats://HOST:PORT or tls://HOST:PORT, or own`,
		"--cluster nats://":                 `URL "nats://": want nats://HOST:PORT`,
		"--cluster own --device 0,0":        "want one of them",
		"--cluster-lease 1ms --cluster own": "--cluster-lease 1ms: want 500ms to 1h",
	} {
		dir := filepath.Join(t.TempDir(), "run")
		_, _, err := shell(t.Context(), t, run.NewGate(), append(strings.Fields("--headless --run-dir "+dir), strings.Fields(words)...)...)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != 2 {
			t.Errorf("%s: error %v, code %d; want %q and 2", words, err, exitCode(err), want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a run folder is made", words)
		}
	}
}

// Engines that compute on one device at the same time share this machine's cores; one that is alone has them all, and what the user has
// set holds.
func TestEnginesShareCores(t *testing.T) {
	t.Setenv(vk.ThreadsVariable, "") // put back at the end
	os.Unsetenv(vk.ThreadsVariable)
	of := func(threads int) []string {
		if threads < 2 {
			threads = 0
		}
		return []string{fmt.Sprintf("LP_NUM_THREADS=%d", threads)}
	}
	all := runtime.NumCPU()
	for _, c := range []struct {
		devices       []string
		member, count int
		want          []string
	}{
		{[]string{"0", "0"}, 1, 5, of(all / 2)},
		{[]string{"0", "0", "0"}, 0, 2, of(all / 2)}, // of which one has nothing to do
		{[]string{"0", "1", "1"}, 2, 9, of(all / 2)},
		{[]string{"0", "1", "1"}, 0, 9, nil},
		{[]string{"0", "0"}, 0, 1, nil},
		{[]string{"0", "0"}, 0, 0, nil}, // prepares
	} {
		if got := cores(c.devices)(c.member, engine.Item{Count: c.count}); !slices.Equal(got, c.want) {
			t.Errorf("%v, member %d of %d items: %v, want %v", c.devices, c.member, c.count, got, c.want)
		}
	}
	t.Setenv(vk.ThreadsVariable, "3")
	if got := cores([]string{"0", "0"})(0, engine.Item{Count: 2}); got != nil {
		t.Errorf("%v beside the user's own", got)
	}
}
