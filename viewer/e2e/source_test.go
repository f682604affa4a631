//go:build !js

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"reta/server/web"
	"reta/shared/event"
)

// program builds the server, once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "server")
	out, err := exec.Command("go", "build", "-o", path, "reta/server").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

var address = regexp.MustCompile(`http://[^\s/]+/\S*`)

// serve starts the server's program in a folder and returns it with the address it prints.
func serve(t *testing.T, dir string, arguments ...string) (*exec.Cmd, string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, path)
	}
	server := exec.Command(path, arguments...)
	server.Dir = dir
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stdout, server.Stderr = in, in
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	t.Cleanup(func() { end(t, server) })
	found, last := make(chan string, 1), ""
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			last = lines.Text()
			if m := address.FindString(lines.Text()); m != "" {
				select {
				case found <- m:
				default:
				}
			}
		}
		out.Close()
		close(found)
	}()
	select {
	case url, ok := <-found:
		if !ok {
			t.Fatalf("the server ended without an address: %s", last)
		}
		return server, url
	case <-time.After(patience):
		t.Fatalf("the server printed no address in %v", patience)
		return nil, ""
	}
}

// end interrupts a program, waits for it, and returns its exit code.
func end(t *testing.T, server *exec.Cmd) int {
	t.Helper()
	if server.ProcessState == nil {
		_ = server.Process.Signal(os.Interrupt)
		ended := make(chan error, 1)
		go func() { ended <- server.Wait() }()
		select {
		case <-ended:
		case <-time.After(patience):
			_ = server.Process.Kill()
			<-ended
			t.Errorf("an interrupted server did not end within %v", patience)
		}
	}
	return server.ProcessState.ExitCode()
}

// replay serves a recording.
func replay(t *testing.T, recording string) string {
	t.Helper()
	_, url := serve(t, t.TempDir(), "replay", recording, "--listen", "127.0.0.1:0", "--quiet")
	return url
}

// still serves what publish publishes, without a run behind it.
func still(t *testing.T, publish func(*web.Hub)) string {
	t.Helper()
	server, err := web.Listen(web.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	publish(server.Hub())
	go func() { _ = server.Serve() }()
	t.Cleanup(func() { _ = server.Shutdown(t.Context()) })
	return server.URL()
}

// record writes events into a new recording.
func record(t *testing.T, events ...event.Event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// hello greets as a run of so many classes with so many images of a side.
func hello(classes, ipc, side int) event.Hello {
	h := event.Hello{Run: "still", Dataset: "tiny-imagenet", Recipe: "reta", IPC: ipc, Width: side, Height: side, Steps: 2000, Stages: 4, Device: "NVIDIA H200"}
	names := []string{"goldfish", "European fire salamander", "bullfrog", "tailed frog", "American alligator", "boa constrictor", "trilobite", "scorpion"}
	for i := range classes {
		h.Classes = append(h.Classes, names[i%len(names)])
	}
	return h
}

// pictures is one message of images for each class.
func pictures(classes, ipc, side, step int) []event.Event {
	var out []event.Event
	for c := range classes {
		e := event.Images{Step: step, Class: c, Count: ipc, Width: side, Height: side}
		for i := range ipc {
			small := paint(c%10, i, 0.6, step)
			for y := range side {
				for x := range side {
					at := 3 * ((y*32/side)*32 + x*32/side)
					e.Pixels = append(e.Pixels, small[at:at+3]...)
				}
			}
		}
		out = append(out, e)
	}
	return out
}

func fill(hub *web.Hub, classes, ipc, side, step int) {
	for _, e := range pictures(classes, ipc, side, step) {
		hub.Publish(e)
	}
}
