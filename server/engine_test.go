package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"reta/server/engine"
	"reta/server/run"
	"reta/shared/event"
)

// speech is what a process has said so far.
type speech struct {
	mu   sync.Mutex
	text []byte
}

func (s *speech) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *speech) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// apart starts this program, which computes in a process of its own, and returns it with what it says.
func apart(t *testing.T, words ...string) (*exec.Cmd, *speech) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], words...)
	cmd.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
	said := new(speech)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, said
}

// engineOf is the process that computes for another.
func engineOf(t *testing.T, host int) (pid int) {
	t.Helper()
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("needs Linux, to find the engine's process")
	}
	waitFor(t, "the engine's process", func() bool {
		children := childrenOf(host)
		if len(children) > 0 {
			pid = children[0]
		}
		return pid > 0
	})
	return pid
}

// childrenOf are the processes that a process has started.
func childrenOf(pid int) (children []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		list, _ := os.ReadFile(task)
		for _, text := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(text); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

// freeAddress is one to listen on.
func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	return free.Addr().String()
}

// exportOf are the images that a run left, by name.
func exportOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	images := map[string]string{}
	root := filepath.Join(dir, "export", "train")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		images[name] = string(data)
		return err
	})
	if err != nil || len(images) < 4 {
		t.Fatalf("%d images in %s: %v", len(images), root, err)
	}
	return images
}

// An engine that crashes again and again: the page stays and says so, the engine starts twice by itself and then when a
// viewer asks, a paused run stays paused, and the images are those of a run that nothing disturbed.
func TestPageOutlivesItsEngine(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	words := strings.Fields("--until recover --classes 2 --per-class 4 --ipc 2 --steps 4 --cache " + dir + "/cache")
	host, said := apart(t, append(words, "--run-dir", dir+"/run", "--paused", "--listen", address)...)
	s := sit(t, address)
	pause := func(text string) {
		t.Helper()
		s.until("a pause with "+text, func(e event.Event) bool {
			st, ok := e.(event.Status)
			return ok && st.State == event.Paused && strings.Contains(st.Text, text)
		})
	}
	for i, signal := range []syscall.Signal{syscall.SIGSEGV, syscall.SIGKILL, syscall.SIGABRT} {
		pause("paused")
		if err := syscall.Kill(engineOf(t, host.Process.Pid), signal); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			s.until("the next start", func(e event.Event) bool {
				st, ok := e.(event.Status)
				return ok && st.State == event.Loading && strings.Contains(st.Text, "it starts again from the last checkpoint")
			})
		}
	}
	pause("for the third time since the last checkpoint")
	if got := s.ask(event.Control{Op: event.Pause}); !strings.Contains(got, "the engine is not running") {
		t.Errorf("a control without an engine: answer %q", got)
	}
	if got := s.ask(event.Control{Op: event.Resume}); got != "" {
		t.Errorf("resume: answer %q", got)
	}
	s.until("the result", func(e event.Event) bool { _, ok := e.(event.Result); return ok })
	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := host.Wait(); err != nil {
		t.Errorf("the program ends with %v:\n%s", err, said)
	}
	if trace, err := os.ReadFile(filepath.Join(dir, "run", engine.CrashFile)); err != nil || !bytes.Contains(trace, []byte("goroutine")) {
		t.Errorf("%s (%v) holds no stack: %.200s", engine.CrashFile, err, trace)
	}
	if strings.Contains(said.String(), "goroutine ") {
		t.Errorf("the stack is on the terminal:\n%s", said)
	}
	_, stderr, err := shell(t.Context(), t, run.NewGate(), append(words, "--headless", "--run-dir", dir+"/undisturbed")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	got, want := exportOf(t, dir+"/run"), exportOf(t, dir+"/undisturbed")
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is not as in a run that nothing disturbed", name)
		}
	}
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), "verify", dir+"/run"); err != nil {
		t.Errorf("verify: %v\n%s", err, stderr)
	}
}

// Without viewers the program gives up after three crashes at one place, says how to continue, and loses nothing.
func TestEngineThatAlwaysCrashes(t *testing.T) {
	dir := t.TempDir()
	host, said := apart(t, strings.Fields(small+"--steps 1000000 --cache "+dir+"/cache --run-dir "+dir+"/run")...)
	for i := range 3 {
		waitFor(t, "the first step", func() bool {
			return strings.Count(said.String(), "start, images without augmentation") > i
		})
		if err := syscall.Kill(engineOf(t, host.Process.Pid), syscall.SIGBUS); err != nil {
			t.Fatal(err)
		}
	}
	err := host.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Errorf("ends with %v, want exit code 4", err)
	}
	for _, want := range []string{"for the third time since the last checkpoint", "to continue:\n  " + os.Args[0] + " --resume " + dir + "/run"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("does not say %q:\n%s", want, said)
		}
	}
}

// The engine of a program that was killed stops with a checkpoint and leaves the folder.
func TestEngineOutlivesNoHost(t *testing.T) {
	dir := t.TempDir()
	host, said := apart(t, strings.Fields(small+"--steps 1000000 --cache "+dir+"/cache --run-dir "+dir+"/run")...)
	waitFor(t, "the first step", func() bool {
		return strings.Contains(said.String(), "start, images without augmentation")
	})
	pid := engineOf(t, host.Process.Pid)
	host.Process.Kill()
	_ = host.Wait()
	waitFor(t, "the engine's end", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || bytes.Contains(stat, []byte(") Z "))
	})
	if saved, _ := filepath.Glob(dir + "/run/checkpoints/*.safetensors"); len(saved) != 1 {
		t.Errorf("checkpoints: %v, want one", saved)
	}
}

// The variable that an engine finds its host by is refused from anybody else.
func TestEngineWithoutAHost(t *testing.T) {
	for _, socket := range []string{"3", "-1", "x", "70000", ""} {
		stderr, code := process(t, []string{"RETA_ENGINE_SOCKET=" + socket}, "version")
		if code != 2 || !strings.Contains(stderr, "RETA_ENGINE_SOCKET="+socket+": ") || !strings.Contains(stderr, "this variable is for the program alone") {
			t.Errorf("%q: exit code %d, says %s", socket, code, stderr)
		}
	}
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}
