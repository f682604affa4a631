//go:build faults

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/fault"
)

// stride is RETA_FAULT_STRIDE: every so many-th operation fails in turn; 1, the default, is all of them.
func stride(t *testing.T) int {
	text := os.Getenv("RETA_FAULT_STRIDE")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("RETA_FAULT_STRIDE=%s: want 1 or more", text)
	}
	return n
}

// work is a piece of work whose every operation is to fail once.
type work struct {
	name    string
	words   string // DIR is the folder it works in
	prepare string // what is done before, once
	stopAt  string // line of that which stops it
	result  string // what it makes, below DIR
}

// works are what changes files.
func works() []work {
	const teacher = " --teacher run/demo/resnet-mini.safetensors --no-check "
	recovered := small + teacher + "--cache DIR/cache --run-dir DIR/run"
	longer := small + teacher + "--steps 40 --cache DIR/cache --run-dir DIR/run"
	return []work{
		{"recover", recovered, "", "", "run/export"},
		{"resume", longer, longer, "stage 2/4", "run/export"},
		{"squeeze", "squeeze --dataset demo --network resnet8 --classes 2 --per-class 8 --epochs 1 --cache DIR/cache --out DIR/teacher.safetensors", "", "", "teacher.safetensors"},
		{"relabel", "relabel DIR/run --epochs 3 --cache DIR/cache", recovered, "", "run/labels"},
		{"evaluate", "evaluate DIR/run --protocol quick --student resnet-mini --epochs 2 --seeds 1 --controls none --cache DIR/cache", recovered, "", "run/evaluation"},
		{"bundle", "bundle DIR/run --parquet DIR/parquet", recovered, "", "parquet"},
	}
}

// Every operation on a file fails once, and from it on all of them: the program ends with an error that names a file, or does
// without what failed. The same command then comes to the result of a run that nothing disturbed, bit for bit, and no file in
// the making is left.
func TestEveryFileOperationFails(t *testing.T) {
	for _, w := range works() {
		t.Run(w.name, func(t *testing.T) { w.sweep(t, fault.Files, 0) })
	}
}

// The program is killed, as by kill -9, before any of its operations on files, picked at random, again and again until the work
// is done: RETA_KILLS times in all, 12 by default. The result is that of a run that nothing disturbed.
func TestKills(t *testing.T) {
	kills := 12
	if text := os.Getenv("RETA_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("RETA_KILLS=%s: want 1 or more", text)
		}
		kills = n
	}
	random := rand.New(rand.NewPCG(1, 2))
	done := map[string]int{}
	type reference struct {
		template string
		n        int
		want     map[string]string
	}
	references := map[string]reference{}
	for killed := 0; killed < kills; {
		list := works()
		w := list[random.IntN(len(list))]
		ref, ok := references[w.name]
		if !ok {
			ref.template, _, ref.n, ref.want = w.whole(t, fault.Files)
			references[w.name] = ref
		}
		dir := t.TempDir()
		copyTree(t, ref.template, dir)
		words := strings.Fields(strings.ReplaceAll(w.words, "DIR", dir))
		var at []int
		for code := -1; code != 0; {
			n := 1 + random.IntN(ref.n)
			at = append(at, n)
			var said string
			if said, code = process(t, []string{fmt.Sprintf("%s=%d", fault.KillAt, n)}, append(words, inProcess(w)...)...); code == -1 {
				killed++
			} else if code != 0 && !strings.Contains(said, "is finished") && !strings.Contains(said, "a finished teacher") && !strings.Contains(said, "is not empty") {
				t.Fatalf("%s, killed at operations %v: exit code %d:\n%s", w.name, at, code, said)
			} else {
				code = 0
			}
		}
		done[w.name]++
		if got := made(t, dir, w.result); !same(got, ref.want) {
			t.Errorf("%s, killed at operations %v: the result is another: %s", w.name, at, difference(got, ref.want))
		}
		for _, name := range unfinished(t, dir) {
			if in, _ := filepath.Rel(dir, name); !strings.HasPrefix(in, "cache") && !strings.Contains(in, "teacher.safetensors") { // where others may write: for a day
				t.Errorf("%s, killed at operations %v: %s is left", w.name, at, name)
			}
		}
	}
	t.Logf("%d kills; pieces of work done: %v", kills, done)
}

// inProcess are the flags with which the process that is started is the one that works.
func inProcess(w work) []string {
	if strings.HasPrefix(w.words, "--") {
		return []string{"--engine", "inline"}
	}
	return nil
}

// Every allocation on the device and every submission to it fails once: the exit code is that of the device, and the same
// command comes to the same result.
func TestEveryDeviceOperationFails(t *testing.T) {
	w := works()[0]
	for _, kind := range []fault.Kind{fault.Allocations, fault.Submissions} {
		t.Run(string(kind), func(t *testing.T) { w.sweep(t, kind, 4) })
	}
}

// sweep does the work once whole and then with each operation of a kind failing. code is the exit code that failures want, 0
// for any but that of a crash.
func (w work) sweep(t *testing.T, kind fault.Kind, code int) {
	template, do, n, want := w.whole(t, kind)
	failed, survived := 0, 0
	for _, forever := range []bool{false, true} {
		for i := 1; i <= n; i += stride(t) {
			dir := t.TempDir()
			copyTree(t, template, dir)
			fault.Arm(kind, i, forever)
			said, err := do(dir, w.words)
			what := fmt.Sprintf("%s (for ever: %t)", fault.Hit(), forever)
			fault.Arm(kind, 0, false)
			switch {
			case err == nil:
				survived++
			case kind == fault.Files && !strings.Contains(err.Error(), dir) && !strings.Contains(said, dir):
				t.Errorf("%s: the error names no file: %v", what, err)
				fallthrough
			default:
				failed++
				if got := exitCode(err); got == 0 || code != 0 && got != code {
					t.Errorf("%s: exit code %d, want %d: %v", what, got, code, err)
				}
			}
			if err != nil || !same(made(t, dir, w.result), want) {
				if said, err := do(dir, w.words); err != nil && !finishedBefore(err) {
					t.Errorf("%s: the same command again: %v\n%s", what, err, said)
					continue
				}
			}
			if got := made(t, dir, w.result); !same(got, want) {
				t.Errorf("%s: the result is another: %s", what, difference(got, want))
			}
			for _, name := range unfinished(t, dir) {
				t.Errorf("%s: %s is left", what, name)
			}
			if t.Failed() && len(said) > 0 && err == nil {
				t.Logf("%s said:\n%s", what, said)
			}
		}
	}
	t.Logf("%s: %d operations on %s, %d failures end the work, %d do not", w.name, n, kind, failed, survived)
}

// whole does the work with nothing failing. It returns the folder that the work begins with, how it is done in another one,
// how many operations of a kind it takes, and what it makes.
func (w work) whole(t *testing.T, kind fault.Kind) (template string, do func(dir, words string) (string, error), n int, want map[string]string) {
	t.Helper()
	do = func(dir, words string) (string, error) {
		t.Helper()
		stdout, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(strings.ReplaceAll(words, "DIR", dir))...)
		return stdout + stderr, err
	}
	template = t.TempDir()
	fault.Arm(kind, 0, false)
	if w.prepare != "" {
		w.begin(t, template)
	}
	dir := t.TempDir()
	copyTree(t, template, dir)
	fault.Arm(kind, 0, false)
	if said, err := do(dir, w.words); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return template, do, fault.Count(kind), made(t, dir, w.result)
}

// begin does what comes before the work, or the part of it up to the line that stops it.
func (w work) begin(t *testing.T, dir string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	root := command(run.NewGate())
	said := &stopping{line: w.stopAt, stop: stop}
	root.SetArgs(strings.Fields(strings.ReplaceAll(w.prepare, "DIR", dir)))
	root.SetOut(said)
	root.SetErr(said)
	if err := root.ExecuteContext(ctx); (err != nil) != (w.stopAt != "") {
		t.Fatalf("%v\n%s", err, said.text.String())
	}
}

// stopping calls stop when a line is written.
type stopping struct {
	text bytes.Buffer
	line string
	stop func()
}

func (s *stopping) Write(p []byte) (int, error) {
	if s.text.Write(p); s.line != "" && bytes.Contains(p, []byte(s.line)) {
		s.stop()
	}
	return len(p), nil
}

// finishedBefore reports whether an error says that the work is done already: the last thing that could fail was to make sure
// that a loss of power does not undo it.
func finishedBefore(err error) bool {
	return strings.Contains(err.Error(), "the run is finished") || strings.Contains(err.Error(), "a finished teacher") ||
		strings.Contains(err.Error(), "is not empty")
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// made is what a piece of work made, by name, without what differs from one time to the next: times, places.
func made(t *testing.T, dir, result string) map[string]string {
	t.Helper()
	files := map[string]string{}
	filepath.WalkDir(filepath.Join(dir, result), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(dir, path)
		text := strings.ReplaceAll(string(data), dir, "DIR")
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".toml") {
			text = timed.ReplaceAllString(text, "$1")
		}
		files[name] = text
		return nil
	})
	return files
}

// timed are values that name a time, and hashes of files with such.
var timed = regexp.MustCompile(`("(?:seconds|started|made|created|sha256|bytes)": ?)[^,}\n]*|(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[^ "\n]*)`)

func same(a, b map[string]string) bool { return difference(a, b) == "" }

// difference names the first files that are not alike.
func difference(got, want map[string]string) string {
	var names []string
	for name, text := range want {
		if other, ok := got[name]; !ok {
			names = append(names, name+" is missing")
		} else if other != text {
			names = append(names, name+" differs")
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			names = append(names, name+" is too many")
		}
	}
	if len(names) == 0 {
		return ""
	}
	text, _ := json.Marshal(names[:min(len(names), 5)])
	return string(text)
}

// unfinished are files in the making below a folder.
func unfinished(t *testing.T, dir string) (names []string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := d.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".part") || strings.Contains(path, "checkpoint") {
			names = append(names, path)
		}
		return nil
	})
	return names
}
