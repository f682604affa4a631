//go:build unix

package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"reta/shared/event"
)

// plays is the variable that names what this program does as an engine.
const plays = "RETA_TEST_PLAYS"

func TestMain(m *testing.M) {
	link, err := Inherited()
	if err != nil {
		panic(err)
	}
	if link != nil {
		play(os.Getenv(plays), link)
		return
	}
	os.Exit(m.Run())
}

// play is an engine that does nothing but what a test looks at.
func play(what string, l *Link) {
	die := func() {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	switch what {
	case "prints a line like a crash's":
		fmt.Fprintln(os.Stderr, "SIGNAL-PROCESSOR 1.2 loaded\nand more")
	case "dies paused":
		if l.Why == "" {
			l.Publish(event.Hello{Run: os.TempDir()})
			l.Publish(event.Status{State: event.Paused})
			die()
		}
	case "dies with the second":
		if l.Item.Index == 1 {
			die()
		}
	case "leaves a file in the making":
		l.Publish(event.Hello{Run: os.TempDir()})
		dir := filepath.Join(os.TempDir(), "checkpoints")
		os.MkdirAll(dir, 0o755)
		os.WriteFile(filepath.Join(dir, fmt.Sprintf(".classes-0000.safetensors%d", time.Now().UnixNano())), nil, 0o644)
		die()
	}
	l.Done(Outcome{Printed: fmt.Sprint("paused: ", l.Paused)})
}

// host has an engine play, and keeps what it prints.
func host(t *testing.T, what string) (*Host, *bytes.Buffer) {
	t.Helper()
	t.Setenv(plays, what)
	t.Setenv("TMPDIR", t.TempDir())
	var said bytes.Buffer
	return &Host{Errors: &said, Publish: func(event.Event) {}}, &said
}

// A viewer who resumes a run whose engine is about to start again need not wait, and is not forgotten.
func TestResumeBeforeTheNextEngine(t *testing.T) {
	h, said := host(t, "dies paused")
	h.Backoff = time.Hour
	var once sync.Once
	h.Publish = func(e event.Event) {
		if s, ok := e.(event.Status); ok && strings.Contains(s.Text, "it starts again") {
			once.Do(func() {
				if err := h.Obey(event.Control{Op: event.Resume}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if o, err := h.Run(ctx, Start{}); err != nil || o.Printed != "paused: false" {
		t.Errorf("the next engine says %q, %v\n%s", o.Printed, err, said)
	}
}

// What an engine prints reaches the terminal, though it begins as the stack of a crash does.
func TestLineLikeACrash(t *testing.T) {
	h, said := host(t, "prints a line like a crash's")
	if _, err := h.Run(t.Context(), Start{}); err != nil || !strings.Contains(said.String(), "SIGNAL-PROCESSOR 1.2 loaded\nand more\n") {
		t.Errorf("%v; it prints %q", err, said)
	}
}

// What a crash leaves of a file in the making is no progress: after the third the host gives up.
func TestCrashesWithoutProgress(t *testing.T) {
	h, said := host(t, "leaves a file in the making")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := h.Run(ctx, Start{})
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "checkpoints", ".*")); err == nil || !strings.Contains(err.Error(), "for the third time since the last checkpoint") || len(left) != 3 {
		t.Errorf("after %d crashes: %v\n%s", len(left), err, said)
	}
}

// An item that an engine dies of three times is given up, though there are viewers; the others are made.
func TestFleet(t *testing.T) {
	_, said := host(t, "dies with the second")
	f := Fleet{Errors: said, Publish: func(int, event.Event) {}, Watched: func() []event.Subscription { return nil }, Backoff: time.Millisecond}
	if err := f.Obey(event.Control{Op: event.Pause}); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	var members sync.WaitGroup
	for i := range 3 {
		members.Go(func() {
			o, err := f.Make(t.Context(), i, Item{Phase: "recover", Index: i, Count: 3}, dir)
			if i != 1 && (err != nil || o.Printed != "paused: true") {
				t.Errorf("item %d: %+v, %v", i, o, err)
			}
			if i == 1 && (err == nil || !strings.Contains(err.Error(), "for the third time since the last checkpoint")) {
				t.Errorf("item %d: %+v, %v: want an error", i, o, err)
			}
		})
	}
	members.Wait()
}

func TestSavedIn(t *testing.T) {
	run, cache := t.TempDir(), t.TempDir()
	old := time.Now().Add(-time.Hour)
	write := func(path string, bytes int, at time.Time) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, bytes), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	last := savedIn(cache, run)
	for _, c := range []struct {
		path  string
		bytes int
		at    time.Time
		saved bool
	}{
		{run + "/checkpoints/classes-0000.safetensors", 5, old, true},
		{run + "/checkpoints/classes-0000.safetensors", 5, old.Add(time.Minute), true},
		{run + "/checkpoints/.classes-0000.safetensors5577006791947779410", 5, old, false},
		{run + "/labels/labels-0000.part", 5, old, true},
		{run + "/labels/labels-0000.part", 5, old.Add(time.Minute), false}, // opened
		{run + "/labels/labels-0000.part", 9, old, true},
		{run + "/export.part/train/a.png", 5, old, false},
		{cache + "/teachers/cifar.safetensors.part", 5, old, true},
		{cache + "/teachers/cifar.safetensors.part", 5, old.Add(time.Minute), true},
		{cache + "/pipelines/vulkan.cache", 5, old, false},
	} {
		write(c.path, c.bytes, c.at)
		if now := savedIn(cache, run, ""); (now != last) != c.saved {
			t.Errorf("%s of %d bytes counts: %t, want %t", c.path, c.bytes, now != last, c.saved)
		} else {
			last = now
		}
	}
}
