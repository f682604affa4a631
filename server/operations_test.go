package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"reta/server/run"
)

// The files for proxies and services, which nobody compiles, give the program flags that it has.
func TestOperationsUseFlagsThatExist(t *testing.T) {
	known, seen := flagNames(command(run.NewGate())), 0
	for _, name := range []string{"reta.service", "nginx.conf", "Caddyfile", "jupyter_server_config.py"} {
		text, err := os.ReadFile(filepath.Join("../docs/operations", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)(?:^|[\s"=])--([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
			if seen++; !known[m[1]] {
				t.Errorf("%s: no command has the flag --%s", name, m[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d flags found", seen)
	}
}

// .ci/vulncheck fails where something is found or goes wrong, and says that it looked at nothing where it could not.
func TestVulncheck(t *testing.T) {
	script, err := os.ReadFile("../.ci/vulncheck")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		install string // what go install does
		found   string // what govulncheck does
		code    int
		want    string
	}{
		"no tool":     {"exit 1", "", 0, "vulncheck: SKIPPED: govulncheck v"},
		"no database": {"", `echo "govulncheck: fetching vulnerabilities: no such host" >&2; exit 1`, 0, "vulncheck: SKIPPED: the database"},
		"nothing":     {"", "exit 0", 0, "vulncheck: no known vulnerability is called"},
		"something":   {"", "echo GO-2099-0001; exit 3", 1, "GO-2099-0001"},
		"broken":      {"", "echo it does not build >&2; exit 2", 2, "it does not build"},
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, ".ci", "vulncheck"), script)
		writeFile(t, filepath.Join(dir, "bin", "fake"), []byte("#!/bin/sh\n"+c.found+"\n"))
		writeFile(t, filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+c.install+"\ncp bin/fake \"$GOBIN/govulncheck\"\n"))
		for _, name := range []string{".ci/vulncheck", "bin/fake", "go"} {
			if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(filepath.Join(dir, ".ci/vulncheck"))
		cmd.Env = append(os.Environ(), "GO="+filepath.Join(dir, "go"))
		said, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(said), c.want) {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, c.code, said)
		}
	}
}
