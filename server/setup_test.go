package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// setup carries out .ci/setup on a machine that has the usual small programs and the given scripts, by name, alone.
func setup(t *testing.T, scripts map[string]string, args ...string) (said string, code int) {
	t.Helper()
	bin := t.TempDir()
	for _, name := range strings.Fields("sh dirname sed grep ls cat mktemp rm tee env touch echo test") {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("no %s here: %v", name, err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("../.ci/setup", args...)
	c.Env = []string{"PATH=" + bin, "TMPDIR=" + t.TempDir()}
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

const goodGo = `echo go version go1.99.3 linux/amd64`

// Go's version is looked at before anything is installed.
func TestSetupWantsGoFirst(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"none":    {"", "setup: Go is missing: install Go 1."},
		"old":     {`echo go version go1.19.8 linux/amd64`, "setup: Go 1.19.8 is too old, Go 1."},
		"older":   {`echo go version go0.9 linux/amd64`, "setup: Go 0.9 is too old"},
		"offline": {`echo "go: download go1.26 for linux/amd64: no route" >&2; exit 1`, "this Go cannot fetch it: install Go 1."},
	} {
		scripts := map[string]string{"apt-get": "echo INSTALLS", "apt-cache": "", "id": "echo 0"}
		if c.script != "" {
			scripts["go"] = c.script
		}
		for _, mode := range []string{"", "test", "build"} {
			said, code := setup(t, scripts, mode)
			if code != 1 || !strings.Contains(said, c.want) || !strings.Contains(said, "https://go.dev/dl") || strings.Contains(said, "INSTALLS") {
				t.Errorf("%s, %q: exit code %d: %s want %q", name, mode, code, said, c.want)
			}
		}
	}
	for _, version := range []string{"go1.99", "go1.99rc1", "go2.0", "devel go1.99-abc"} {
		said, _ := setup(t, map[string]string{"go": "echo go version " + version + " linux/amd64"}, "build")
		if !strings.Contains(said, "build: missing, by their Debian names: gcc libc6-dev libvulkan-dev: run make setup") {
			t.Errorf("%s: %s", version, said)
		}
	}
}

func TestSetupForABuild(t *testing.T) {
	if said, code := setup(t, map[string]string{"go": goodGo, "cc": "exit 0"}, "build"); code != 0 || said != "" {
		t.Errorf("all is here: exit code %d: %s", code, said)
	}
	said, code := setup(t, map[string]string{"go": goodGo, "cc": "exit 1"}, "build")
	if want := "build: missing, by their Debian names: libc6-dev libvulkan-dev: run make setup, which installs them\n"; code != 1 || said != want {
		t.Errorf("exit code %d: %s want %s", code, said, want)
	}
}

// apt-get as it prints for 20 packages, some of which it upgrades; fails at the end where told so.
func aptGet(ending string) string {
	return `case "$*" in *update*) exit 0;; esac
echo "7 upgraded, 13 newly installed, 0 to remove and 3 not upgraded."
echo "Need to get 71.3 MB of archives."
i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "Get:$i http://deb.example x amd64"; done
i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "Unpacking x$i (1) ..."; done
i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "Setting up x$i (1) ..."; done
` + ending
}

// It says what it will do before it asks for a password, and tells how far it is.
func TestSetupSaysWhatItDoes(t *testing.T) {
	scripts := map[string]string{"go": goodGo, "id": "echo 1000", "sudo": `echo "PASSWORD? $*"; [ "$1" = true ] || exec "$@"`,
		"apt-get": aptGet(""), "apt-cache": "echo '  Candidate: 1.0'"}
	said, code := setup(t, scripts)
	at := -1
	for _, want := range []string{"setup: installing with apt-get:\n  gcc: C compiler", "sudo may ask for your password", "PASSWORD? true", "fetching the package lists",
		"setup: 20 packages, 71.3 MB to download", "setup: downloaded 2 of 20", "setup: downloaded 20 of 20", "setup: unpacked 10 of 20", "setup: set up 20 of 20"} {
		next := strings.Index(said, want)
		if next < at || next < 0 {
			t.Errorf("%q is missing, or comes too early", want)
		}
		at = next
	}
	if n := strings.Count(said, "\n"); code != 0 || n > 50 {
		t.Errorf("exit code %d, %d lines", code, n)
	}
	if t.Failed() {
		t.Log(said)
	}
}

func TestSetupFailsWithAptGet(t *testing.T) {
	scripts := map[string]string{"go": goodGo, "id": "echo 0", "apt-get": aptGet("echo E: disk is full; exit 100"), "apt-cache": "echo '  Candidate: 1.0'"}
	said, code := setup(t, scripts)
	if code != 1 || !strings.Contains(said, "E: disk is full") || !strings.Contains(said, "failed") || strings.Contains(said, "sudo") {
		t.Errorf("exit code %d: %s", code, said)
	}
	scripts["id"] = "echo 1000"
	if said, code = setup(t, scripts); code != 1 || !strings.Contains(said, "As root, run: apt-get install") || !strings.Contains(said, "gcc: C compiler") {
		t.Errorf("without sudo: exit code %d: %s", code, said)
	}
}
