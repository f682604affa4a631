package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"reta/compute/vk"
	"reta/server/run"
)

// TestMain lets the tests start this program, or a nats-server, as a process of its own.
func TestMain(m *testing.M) {
	if config := os.Getenv(brokerVariable); config != "" {
		fmt.Fprintln(os.Stderr, serveBroker(config))
		os.Exit(1)
	}
	if os.Getenv("RETA_TEST_SERVER") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestUnknownDeviceListsThose(t *testing.T) {
	list, err := vk.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range list {
		names = append(names, d.String())
	}
	dir := t.TempDir()
	for _, device := range []string{"99", "abacus", "-1"} {
		err := carryOut(t, "--cache DIR/cache --runs DIR/runs --headless --device "+device, dir)
		want := fmt.Sprintf("vk: no device %q: want an index or a part of a name of: %s", device, strings.Join(names, ", "))
		if err == nil || err.Error() != want || exitCode(err) != 4 {
			t.Errorf("says\n  %v (exit code %d)\nwant\n  %s (4)", err, exitCode(err), want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dir := t.TempDir()
	address := other.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	err = carryOut(t, "--cache DIR/cache --runs DIR/runs --listen "+address, dir)
	want := fmt.Sprintf("listen %s: port %s is in use, perhaps by another reta server: stop that one, or take any free port with --listen 127.0.0.1:0: listen tcp %s: bind: address already in use", address, port, address)
	if err == nil || err.Error() != want || exitCode(err) != 1 {
		t.Errorf("says\n  %v (exit code %d)\nwant\n  %s (1)", err, exitCode(err), want)
	}
}

// Without Vulkan the program says what is missing and how to get it. Started as
// a process of its own: the loader is opened once per process.
func TestNoVulkan(t *testing.T) {
	empty := t.TempDir()
	for _, file := range []string{"libvulkan.so.1", "libvulkan.so"} {
		writeFile(t, filepath.Join(empty, file), nil) // found before the true one
	}
	for _, c := range []struct{ name, env, want string }{
		{"no loader", "LD_LIBRARY_PATH=" + empty, "PROGRAM: vk: no Vulkan loader: DIR/libvulkan.so.1: file too short; DIR/libvulkan.so: file too short: install it (Debian, Ubuntu: apt install libvulkan1)\n"},
		{"no driver", "VK_DRIVER_FILES=" + empty + "/none.json", "PROGRAM: vk: no Vulkan driver: no device found: install the driver of your GPU, or the CPU driver " +
			"(Debian, Ubuntu: apt install mesa-vulkan-drivers); VK_DRIVER_FILES, if set, must name its json file\n"},
	} {
		for _, args := range []string{small, "doctor"} {
			t.Run(c.name+" "+strings.Fields(args)[0], func(t *testing.T) {
				dir := t.TempDir()
				words := append(strings.Fields(args), "--cache", dir+"/cache")
				if args == small {
					words = append(words, "--runs", dir+"/runs")
				}
				stderr, code := process(t, []string{c.env}, words...)
				if got := strings.NewReplacer(empty, "DIR", filepath.Base(os.Args[0]), "PROGRAM").Replace(stderr); got != c.want || code != 4 {
					t.Errorf("says\n  %s(exit code %d); want\n  %s(4)", got, code, c.want)
				}
				if _, err := os.Stat(dir + "/runs"); err == nil {
					t.Error("a folder of runs was made")
				}
			})
		}
	}
}

func TestProcessEndsWithTheExitCode(t *testing.T) {
	for args, want := range map[string]int{"version": 0, "nothing": 2, "accuracy --teacher none": 3} {
		if stderr, code := process(t, nil, strings.Fields(args)...); code != want {
			t.Errorf("server %s: exit code %d, want %d\n%s", args, code, want, stderr)
		}
	}
}

func TestRemediesOfTheDisk(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "mkdir", Path: "/x", Err: syscall.EACCES}, ": choose folders that this user may write, with --run-dir, --runs and --cache"},
		{&fs.PathError{Op: "mkdir", Path: "/x", Err: syscall.EROFS}, ": choose folders that this user may write, with --run-dir, --runs and --cache"},
		{dataError{&fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}}, ": free some space, or choose folders elsewhere with --run-dir, --runs and --cache"},
		{dataError{&fs.PathError{Op: "open", Path: "/data", Err: syscall.EACCES}}, ""}, // not a folder of ours
		{usage("no"), ""},
	} {
		if got := remedy(fmt.Errorf("run: %w", c.err)); got != c.want {
			t.Errorf("%v: remedy %q, want %q", c.err, got, c.want)
		}
	}
}

// One interrupt ends a run after a checkpoint, with 6; a second signal ends the
// program at once.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signals []syscall.Signal
		code    int
	}{{[]syscall.Signal{syscall.SIGINT}, 6}, {[]syscall.Signal{syscall.SIGTERM}, 6}, {[]syscall.Signal{syscall.SIGHUP}, 6},
		{[]syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, 143}, {[]syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, 130}} {
		if signal.Ignored(c.signals[0]) {
			continue // as nohup has it, which a program goes on ignoring
		}
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, os.Args[0], strings.Fields(small+"--steps 1000000 --cache "+dir+"/cache --run-dir "+dir+"/run")...)
		cmd.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said, left := "", c.signals
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said += lines.Text() + "\n"
			begun := strings.Contains(lines.Text(), "start, images without augmentation")
			if stopping := strings.Contains(lines.Text(), "interrupt again"); (begun || stopping) && len(left) > 0 {
				if err := cmd.Process.Signal(left[0]); err != nil {
					t.Fatal(err)
				}
				left = left[1:]
			}
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("after %v the exit code is %d, want %d:\n%s", c.signals, got, c.code, said)
		}
		saved, _ := filepath.Glob(dir + "/run/checkpoints/*.safetensors")
		if c.code == 6 && (len(saved) != 1 || !strings.Contains(said, "\n  "+os.Args[0]+" --resume "+dir+"/run --cache="+dir+"/cache --headless\n")) {
			t.Errorf("after %v the checkpoints are %v:\n%s", c.signals, saved, said)
		}
	}
}

// process runs this program and returns what it says and its exit code.
func process(t *testing.T, env []string, args ...string) (stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), "RETA_TEST_SERVER=1"), env...)
	var buffer bytes.Buffer
	cmd.Stderr = &buffer
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%v: %v\n%s", args, err, buffer.Bytes())
	}
	return buffer.String(), cmd.ProcessState.ExitCode()
}

// A disk that is full from the start leaves no run, and the remedy is said.
func TestFullDisk(t *testing.T) {
	const advice = "no space left on device: free some space, or choose folders elsewhere with --run-dir, --runs and --cache"
	for _, c := range []struct {
		name, options, command string
	}{
		{"cache", "size=16k", "--runs DIR/runs --cache DIR/disk/cache " + small},
		{"no folder", "nr_inodes=1", "--cache DIR/cache --run-dir DIR/disk/run " + small},
		{"no lock", "nr_inodes=2", "--cache DIR/cache --run-dir DIR/disk/run " + small},
		{"no config", "nr_inodes=3", "--cache DIR/cache --run-dir DIR/disk/run " + small},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			disk := filepath.Join(dir, "disk")
			if err := os.Mkdir(disk, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, c.options); err != nil {
				t.Skipf("needs the right to mount a small disk: %v", err)
			}
			defer syscall.Unmount(disk, syscall.MNT_DETACH)
			err := carryOut(t, c.command, dir)
			if err == nil || exitCode(err) != 5 || !strings.HasSuffix(err.Error()+remedy(err), advice) {
				t.Errorf("says %v (exit code %d); want ...%s (5)", err, exitCode(err), advice)
			}
			left, _ := filepath.Glob(dir + "/*/run*")
			if len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A disk that fills up during a run pauses it. With room again it goes on to the end by itself; stopped instead it ends with
// the remedy, and continues once there is room.
func TestDiskThatFillsUp(t *testing.T) {
	const advice = "no space left on device: free some space, or choose folders elsewhere with --run-dir, --runs and --cache"
	for _, stopped := range []bool{false, true} {
		dir := t.TempDir()
		disk := filepath.Join(dir, "disk")
		if err := os.Mkdir(disk, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=40k"); err != nil {
			t.Skipf("needs the right to mount a small disk: %v", err)
		}
		defer syscall.Unmount(disk, syscall.MNT_DETACH)
		enlarge := func() error { return syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=8m") }
		args := strings.Fields(small + "--cache " + dir + "/cache --run-dir " + disk + "/run")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var enlarged error
		root := command(run.NewGate())
		root.SetArgs(args)
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&told{stop: func() {
			if stopped {
				stop()
			} else {
				enlarged = enlarge()
			}
		}})
		err := root.ExecuteContext(ctx)
		switch {
		case enlarged != nil:
			t.Fatal(enlarged)
		case !stopped && err != nil:
			t.Errorf("with room again: %v", err)
		case stopped && (exitCode(err) != 5 || !strings.HasSuffix(err.Error()+remedy(err), advice)):
			t.Errorf("stopped: says %v (exit code %d); want ...%s (5)", err, exitCode(err), advice)
		}
		if stopped {
			if err := enlarge(); err != nil {
				t.Fatal(err)
			}
			if _, stderr, err := shell(t.Context(), t, run.NewGate(), args...); err != nil {
				t.Errorf("given again: %v\n%s", err, stderr)
			}
		}
		if images, _ := filepath.Glob(disk + "/run/export/train/*/*.png"); len(images) != 4 {
			t.Errorf("exported %v, want 4 images", images)
		}
	}
}

// told calls stop once the program says that the disk is full.
type told struct {
	stop func()
	said bool
}

func (w *told) Write(b []byte) (int, error) {
	if !w.said && bytes.Contains(b, []byte("the run waits until there is room")) {
		w.said = true
		w.stop()
	}
	return len(b), nil
}
