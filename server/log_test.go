package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reta/shared/event"
)

// objects reads a log of one JSON object a line.
func objects(t *testing.T, text string) (list []map[string]any) {
	t.Helper()
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line has no end: %q", text)
	}
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(o["time"]))
		if err != nil || time.Since(at) > time.Hour && at.Year() != 2001 {
			t.Errorf("%q: time %v", line, o["time"])
		}
		list = append(list, o)
	}
	return list
}

// With --log-format json standard error has one object a line: the lines that text has, with level and run, and what begins,
// ends and is changed, with the item that it is of.
func TestLogOfObjects(t *testing.T) {
	show := func(quiet bool) (string, []map[string]any) {
		var o, e bytes.Buffer
		c := newConsole(&o, &e, false, quiet, jsonLog)
		c.show(event.Log{Text: "before the run"})
		c.show(event.Hello{Run: "runs/a", Recipe: "reta", Dataset: "demo", Classes: []string{"x", "y"}, IPC: 3, Steps: 50})
		c.show(event.Log{Text: "two\nlines \x1b[31m\"quoted\"", Level: event.Warning, Unix: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()})
		c.show(event.Images{Count: 1, Width: 1, Height: 1, Pixels: []byte{1, 2, 3}})
		c.show(event.Metrics{Points: []event.Point{{Step: 1, CE: 1}}})
		for i := range 51 { // at most one line in ten seconds
			c.show(event.Status{State: event.Recovering, Phase: "recover", Done: i, Total: 50, Step: i, StepsPerSecond: 2, ETASeconds: 9, MemoryBytes: 77})
		}
		c.show(event.StageEnd{Stage: 2, Step: 25, Anchors: 6})
		c.show(event.Change{ID: 4, Step: 30, Name: "lambda", From: 0.1, To: 0.2, By: "viewer"})
		c.table(func(w io.Writer) { fmt.Fprintf(w, "a\nb\n") })
		io.WriteString(c.lines(&e), "a driver's line\n")
		c.show(event.Result{Path: "/a/b", Images: 6})
		c.close()
		return o.String(), objects(t, e.String())
	}
	out, log := show(false)
	if out != "/a/b\n" {
		t.Errorf("prints %q", out)
	}
	want := []string{
		"INFO before the run <nil> <nil>", "INFO run runs/a map[kind:hello]", "WARN two\nlines \\u001b[31m\"quoted\" runs/a <nil>",
		"INFO recover 0/50 runs/a map[kind:status]", "INFO stage ended runs/a map[kind:stage end part:2]",
		"INFO setting changed runs/a map[kind:change part:4]", "INFO a\nb\n runs/a <nil>", "WARN a driver's line runs/a <nil>", "INFO result runs/a map[kind:result]",
	}
	if len(log) != len(want) {
		t.Fatalf("%d lines: %v, want %d", len(log), log, len(want))
	}
	for i, o := range log {
		if got := fmt.Sprintf("%v %v %v %v", o["level"], o["message"], o["run"], o["item"]); got != want[i] {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
	if log[2]["time"] != "2001-01-01T00:00:00Z" && !strings.HasPrefix(fmt.Sprint(log[2]["time"]), "2001-01-01") {
		t.Errorf("a line has the time %v, want the event's", log[2]["time"])
	}
	if s := log[3]; s["done"] != 0.0 || s["total"] != 50.0 || s["phase"] != "recover" || s["state"] != "recovering" || s["steps_per_second"] != 2.0 || s["device_memory_bytes"] != 77.0 {
		t.Errorf("the status is %v", s)
	}
	_, log = show(true)
	var said []string
	for _, o := range log {
		said = append(said, fmt.Sprint(o["message"]))
	}
	if got := strings.Join(said, "; "); !strings.HasPrefix(got, "two\nlines") || strings.Contains(got, "recover 0/50") || strings.Contains(got, "before the run") {
		t.Errorf("with --quiet: %s", got)
	}
}

// The program's log is in the format of its command, of the run that it came to.
func TestProgramLog(t *testing.T) {
	speak := func(l *programLog) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "err")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		before := os.Stderr
		os.Stderr = f
		l.say(slog.LevelError, "server: ", "no\nspace", "exit_code", 5)
		os.Stderr = before
		f.Close()
		text, _ := os.ReadFile(path)
		return string(text)
	}
	if got := speak(new(programLog)); got != "server: no\nspace\n" {
		t.Errorf("says %q", got)
	}
	l := new(programLog)
	root := command(nil)
	root.SetArgs([]string{"lessons", "--log-format", "json", "--listen", "nowhere"})
	root.SetOut(new(bytes.Buffer))
	root.SetErr(new(bytes.Buffer))
	if err := root.ExecuteContext(l.with(context.Background())); exitCode(err) != 2 {
		t.Fatalf("%v", err)
	}
	l.setRun("runs/a")
	o := objects(t, speak(l))
	if len(o) != 1 || o[0]["message"] != "no\nspace" || o[0]["level"] != "ERROR" || o[0]["exit_code"] != 5.0 || o[0]["run"] != "runs/a" {
		t.Errorf("says %v", o)
	}
}
