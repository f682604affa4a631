//go:build !js

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestRealServer looks at a real run: the server's program on real shaders,
// distilling the demo set.
func TestRealServer(t *testing.T) {
	if os.Getenv("RETA_VIEWER_URL") != "" {
		t.Skip("a server is given: the other tests look at it")
	}
	chromium(t)
	began := time.Now()
	t.Setenv("RETA_VIEWER_URL", startServer(t))
	t.Logf("the server answers after %.1f s", time.Since(began).Seconds())
	t.Run("is seen and controlled", TestRunIsSeenAndControlled)
	t.Run("filtration", TestFiltrationFollowsItsSlider)
}

var address = regexp.MustCompile(`viewer: open (http://\S+)`)

// startServer builds the server, starts a run too long to end by itself, and
// returns the address it prints.
func startServer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "server")
	if out, err := exec.Command("go", "build", "-o", program, "reta/server").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	server := exec.Command(program, "--ipc", "6", "--steps", "100000", "--stages", "10", "--listen", "127.0.0.1:0", "--cache", filepath.Join(dir, "cache"))
	server.Dir = dir
	lines, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		ended := make(chan error, 1)
		go func() { ended <- server.Wait() }()
		select {
		case <-ended:
			if code := server.ProcessState.ExitCode(); code != 6 {
				t.Errorf("an interrupted run ended with exit code %d, want 6 (stopped, resumable)", code)
			}
		case <-time.After(30 * time.Second):
			_ = server.Process.Kill()
			t.Error("an interrupted run did not end within 30 s")
		}
	})
	found := make(chan string, 1)
	go func() {
		in := bufio.NewScanner(lines)
		for in.Scan() {
			if m := address.FindStringSubmatch(in.Text()); m != nil {
				found <- m[1]
			}
			t.Log(in.Text())
		}
	}()
	select {
	case url := <-found:
		return url
	case <-time.After(60 * time.Second):
		t.Fatal("the server printed no address within a minute")
		return ""
	}
}
