package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/server/experiment"
	"reta/server/run"
)

// tiny is an experiment of two images and students of one epoch; DIR is to be replaced.
const tiny = `
title = "tiny"
ipc = 1
student = "resnet8"
protocol = "quick"
seeds = 1
controls = "none"

[set]
steps = 4
"student.epochs" = 1

[dataset.two]
from = "demo"
classes = "2"
per_class = 4

[team.own]
files = "DIR/own.safetensors"

[team.damaged]
files = "DIR/damaged.safetensors"

[[grid]]
data = "two"
recipe = "reta"
teachers = ["damaged", "own"]

[[grid]]
data = "two"
recipe = ["sre2l", "rdde"]
set = { steps = STEPS }

[[table]]
published = """
recipe  teachers  published
reta    own       50.0±1.5
"""
`

// writeExperiment writes tiny with its teachers and returns its path.
func writeExperiment(t *testing.T, dir, steps string) string {
	t.Helper()
	writeTeacher(t, filepath.Join(dir, "own.safetensors"), nil)
	writeFile(t, filepath.Join(dir, "damaged.safetensors"), []byte("no weights"))
	path := filepath.Join(dir, "tiny.toml")
	writeFile(t, path, []byte(strings.NewReplacer("DIR", dir, "STEPS", steps).Replace(tiny)))
	return path
}

// program runs this program in a process of its own until it ends or, where kill is not "", is killed once it says that.
func program(t *testing.T, kill string, words ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], words...)
	cmd.Env = append(os.Environ(), "RETA_TEST_SERVER=1")
	var out bytes.Buffer
	cmd.Stdout = &out
	errs := &killing{word: kill, cmd: cmd}
	cmd.Stderr = errs
	_ = cmd.Run() // its exit code is what is looked at
	if ctx.Err() != nil {
		t.Fatalf("%q: %v\n%s", words, ctx.Err(), errs.said.String())
	}
	return out.String(), errs.said.String(), cmd.ProcessState.ExitCode()
}

// killing kills a command that says a word.
type killing struct {
	said strings.Builder
	word string
	cmd  *exec.Cmd
}

func (k *killing) Write(b []byte) (int, error) {
	k.said.Write(b)
	if k.word != "" && strings.Contains(k.said.String(), k.word) {
		_ = k.cmd.Process.Kill() // it may be over
	}
	return len(b), nil
}

// A cell that fails is named and the others go on; the next call tries that one alone. The forecast comes before the first cell.
func TestExperiment(t *testing.T) {
	dir := t.TempDir()
	file := writeExperiment(t, dir, "4")
	words := []string{"experiment", file, "--dir", filepath.Join(dir, "x"), "--cache", filepath.Join(dir, "cache")}
	stdout, stderr, code := program(t, "", words...)
	if code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", code, stderr)
	}
	said := stderr
	for _, want := range []string{
		"4 cells in " + filepath.Join(dir, "x") + ": 0 done, 3 to run, 1 not run", "not run: 1 cell: this program has no recipe rdde", "measuring some steps of each recipe and student on ",
		"2 cells: about ", "no forecast of data=two recipe=reta ipc=1 teachers=damaged", "cell 1 of 4: data=two recipe=reta ipc=1 teachers=damaged", "recipe=reta ipc=1 teachers=damaged student=resnet8 protocol=quick seed=0 steps=4 student.epochs=1 failed: ",
		"cell 2 of 4", "cell 3 of 4", "1 of 4 cells failed; the same command tries them again:\n  data=two recipe=reta ipc=1 teachers=damaged",
	} {
		i := strings.Index(said, want)
		if i < 0 {
			t.Errorf("does not say %q, or not in this order:\n%s", want, stderr)
			continue
		}
		said = said[i:]
	}
	if strings.Contains(stdout, "failed [1]") == false || !strings.Contains(stdout, "not run [2]") || !strings.Contains(stdout, "50.0 (sd 1.5)") {
		t.Errorf("the table:\n%s", stdout)
	}
	for _, c := range []string{"two-reta", "two-sre2l"} {
		if found, _ := filepath.Glob(filepath.Join(dir, "x", "images", c+"*", run.EvaluationFile)); len(found) != 1 {
			t.Errorf("evaluations of %s: %q", c, found)
		}
	}
	_, stderr, code = program(t, "", append(words, "--dry-run")...)
	if code != 0 || !strings.Contains(stderr, "4 cells in "+filepath.Join(dir, "x")+": 2 done, 1 to run (1 of them failed before), 1 not run") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}

	// The table needs no device, and says the same.
	t.Setenv("VK_DRIVER_FILES", filepath.Join(dir, "none.json"))
	table := []string{"table", file, "--dir", filepath.Join(dir, "x")}
	again, stderr, err := shell(t.Context(), t, run.NewGate(), table...)
	if err != nil || again != stdout {
		t.Errorf("table prints, %v\n%s%s\nthe experiment printed\n%s", err, again, stderr, stdout)
	}
	names := []string{filepath.Join(dir, "t.html"), filepath.Join(dir, "t.tex"), filepath.Join(dir, "t.csv")}
	listed, _, err := shell(t.Context(), t, run.NewGate(), append(table, "--html", names[0], "--latex", names[1], "--csv", names[2])...)
	if err != nil || listed != strings.Join(names, "\n")+"\n" {
		t.Errorf("prints %q, %v", listed, err)
	}
	for i, want := range []string{"<title>tiny</title>", `\caption{tiny: top-1`, "last,two,own,reta"} {
		if text, err := os.ReadFile(names[i]); err != nil || i < 2 && !strings.Contains(string(text), want) || strings.Count(string(text), "this program has no recipe rdde") != 1 {
			t.Errorf("%s, %v:\n%s", names[i], err, text)
		}
	}
}

// Killed in the middle of a recovery, it goes on there; the process that it had started does not stay.
func TestKilledExperiment(t *testing.T) {
	dir := t.TempDir()
	file := writeExperiment(t, dir, "1000")
	words := []string{"experiment", file, "--only", "recipe=sre2l", "--dir", filepath.Join(dir, "x"), "--cache", filepath.Join(dir, "cache")}
	_, stderr, code := program(t, "start, images without augmentation", words...)
	if code != -1 {
		t.Fatalf("it was not killed but ended with %d:\n%s", code, stderr)
	}
	stdout, stderr, code := program(t, "", words...)
	if code != 0 || !strings.Contains(stderr, "continuing the run in ") || !strings.Contains(stderr, "1 cell in "+filepath.Join(dir, "x")+": 0 done, 1 to run, 0 not run") {
		t.Errorf("it ends with %d:\n%s", code, stderr)
	}
	if !strings.Contains(stdout, "sre2l") || strings.Contains(stdout, "not run") {
		t.Errorf("the table:\n%s", stdout)
	}
}

// Mistakes are named before anything is opened.
func TestExperimentRefusals(t *testing.T) {
	dir := t.TempDir()
	file := writeExperiment(t, dir, "4")
	bad := filepath.Join(dir, "bad.toml")
	writeFile(t, bad, []byte("seeds = \"five\"\n[[grid]]\ndata = \"demo\"\nrecipe = \"reta\"\nipcs = 10\n"))
	for _, command := range []string{"experiment", "table"} {
		for _, c := range []struct {
			words []string
			want  string
		}{
			{nil, "0 files given: want one, as those in docs/experiments"},
			{[]string{filepath.Join(dir, "none.toml")}, "want a file as those in docs/experiments"},
			{[]string{bad}, "\n  seeds = \"five\": want the number of students that are trained: a whole number from 1 on, such as 5\n  [[grid]] 1: ipcs = 10: want one of the keys"},
			{[]string{file, "--only", "recipe"}, "--only recipe: want AXIS=VALUE, such as recipe=reta"},
			{[]string{file, "--only", "recipe=fadrm"}, "--only: no cell has recipe=fadrm: want values of the axes as the grids have them"},
			{[]string{file, "--data", "two"}, "--data two: want NAME=PATH, such as cifar-100="},
		} {
			if _, _, err := shell(t.Context(), t, run.NewGate(), append([]string{command}, c.words...)...); exitCode(err) != 2 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s %q: %v (exit code %d), want %q and 2", command, c.words, err, exitCode(err), c.want)
			}
		}
	}
}

// A cell is the commands that are printed, and its key is of its settings in full: it changes with each of them, not with where
// the images are.
func TestCommandsOfCells(t *testing.T) {
	dir := t.TempDir()
	file := writeExperiment(t, dir, "8")
	stdout, stderr, err := shell(t.Context(), t, run.NewGate(), "experiment", file, "--print-commands", "--dir", "x", "--device", "cpu")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	lines := strings.Split(stdout, "\n")
	for i, want := range []string{
		"# data=two recipe=reta ipc=1 teachers=damaged",
		" recover --run-dir x/images/two-reta-ipc1-", "# data=two recipe=reta ipc=1 teachers=own", " --dataset demo --classes 2 --per-class 4 --recipe reta --ipc 1 --seed 0 --teacher " + dir + "/own.safetensors --set steps=4 --device cpu && ",
		"# data=two recipe=sre2l", " --student resnet8 --seeds 1 --controls none --protocol quick --set student.epochs=1 --set labels.source=stored --trials x/trials --device cpu",
		"# data=two recipe=rdde", "# not run: this program has no recipe rdde",
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a folder was made")
	}
	key := func(words ...string) string {
		text := strings.Join(words, "\n") + "\n[[grid]]\ndata = \"demo\"\nrecipe = \"reta\"\n"
		path := filepath.Join(dir, "one.toml")
		writeFile(t, path, []byte(text))
		f := cellFlags{dir: "x"}
		plan, _, err := f.plan(t.Context(), path, commonFlags{})
		if err != nil || plan.Cells[0].Reason != "" {
			t.Fatalf("%s: %v, %s", text, err, plan.Cells[0].Reason)
		}
		return plan.Cells[0].Key
	}
	same := key()
	seen := map[string]string{same: "nothing"}
	for _, change := range []string{"ipc = 9", "seed = 1", "seeds = 4", "student = \"resnet8\"", "protocol = \"fadrm\"", "controls = \"none\"", "teachers = \"resnet8\"", "set = { lr = 0.125 }",
		"set = { \"student.lr\" = 0.125 }", "set = { \"pta.on\" = false }"} {
		k := key(change)
		if was := seen[k]; was != "" {
			t.Errorf("%s has the key of %s", change, was)
		}
		seen[k] = change
	}
	for _, change := range []string{"title = \"x\"", "ipc = 10", "seeds = 5", "set = { \"drc.lambda\" = 0.1 }", "student = \"resnet-mini\"", "protocol = \"quick\""} {
		if k := key(change); k != same {
			t.Errorf("%s, which says what is so anyway, changes the key from %s to %s", change, same, k)
		}
	}
}

// A cell of images that are there has the same key wherever the set is, and another with another teacher; one that would train a
// teacher says why it cannot.
func TestCellsOfImagesThatAreThere(t *testing.T) {
	dir := t.TempDir()
	set := filepath.Join(dir, "cifar.tar.gz")
	for _, name := range []string{"a", "b", "cifar.tar.gz"} {
		writeFile(t, filepath.Join(dir, name), []byte(name))
	}
	file := filepath.Join(dir, "there.toml")
	writeFile(t, file, []byte(strings.ReplaceAll(`
data = "cifar-100"
recipe = "another"
images = "DIR"
[team.a]
files = "DIR/a"
[team.b]
files = "DIR/b"
[[grid]]
teachers = ["a", "b", "resnet18"]
`, "DIR", dir)))
	keys := func(f cellFlags) (list []string) {
		f.dir = "x"
		plan, _, err := f.plan(t.Context(), file, commonFlags{})
		if err != nil || plan.Cells[0].Reason != "" || plan.Cells[1].Reason != "" {
			t.Fatalf("%v, %q, %q", err, plan.Cells[0].Reason, plan.Cells[1].Reason)
		}
		if got := plan.Cells[2].Reason; got != "teachers resnet18: they label images that are there, so none is trained: want a [team.NAME] with files" {
			t.Errorf("with a network: %q", got)
		}
		return []string{plan.Cells[0].Key, plan.Cells[1].Key}
	}
	here, elsewhere := keys(cellFlags{}), keys(cellFlags{data: []string{"cifar-100=" + set}})
	if !slices.Equal(here, elsewhere) || here[0] == here[1] {
		t.Errorf("keys %q, with the set in another place %q", here, elsewhere)
	}
}

// An experiment of the documentation names what this program does not have, and the rest can be run.
func TestDocumentedCells(t *testing.T) {
	files, _ := filepath.Glob("../docs/experiments/*.toml")
	for _, path := range files {
		f := cellFlags{}
		plan, _, err := f.plan(t.Context(), path, commonFlags{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, c := range plan.Cells {
			ours := strings.Contains(" fadrm fadrm+ reta sre2l ", " "+c.Recipe+" ")
			if ours && c.Needs == "" && c.Reason != "" && !strings.Contains(c.Reason, "unknown name") && !strings.Contains(c.Reason, "want a file of weights") { // which are not here
				t.Errorf("%s: %s: %s", path, c.Name(), c.Reason)
			}
			if state, _, err := c.State(); err != nil || c.Reason != "" && state != experiment.NotRun {
				t.Errorf("%s: %s is %s, %v", path, c.Name(), state, err)
			}
		}
	}
}

// Cells of class-incremental learning: their images are made once, and the tables have the accuracy at the end, the average and what is
// forgotten.
func TestIncrementalCells(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "steps.toml")
	writeTeacher(t, filepath.Join(dir, "own.safetensors"), nil)
	writeFile(t, file, []byte(strings.ReplaceAll(`
title = "steps"
ipc = 2
student = "resnet8"
protocol = "quick"
seeds = 1
recipe = "sre2l"
teachers = "own"
set = { steps = 4, "student.epochs" = 1, "labels.source" = "online" }
[dataset.two]
from = "demo"
classes = "2"
per_class = 4
[team.own]
files = "DIR/own.safetensors"
[[grid]]
data = "two"
incremental = { steps = 2, method = ["gdumb", "distill"], orders = 2 }
[[grid]]
data = "two"
incremental = { steps = 2, memory = 2 }
controls = "patches"
[[table]]
measure = "average"
[[table]]
measure = "forgetting"
[[table]]
[[table]]
measure = "best"
`, "DIR", dir)))
	words := []string{"experiment", file, "--dir", filepath.Join(dir, "x"), "--cache", filepath.Join(dir, "cache"), "--memory", "8GB"}
	stdout, stderr, code := program(t, "", words...)
	if code != 0 || !strings.Contains(stderr, "0 done, 2 to run, 1 not run") || !strings.Contains(stderr, "--controls patches: want some of random, hard, random-hard") ||
		!strings.Contains(stderr, "2 cells: about ") {
		t.Fatalf("exit code %d:\n%s\n%s", code, stderr, stdout)
	}
	if runs, _ := filepath.Glob(filepath.Join(dir, "x", "images", "*")); len(runs) != 1 {
		t.Errorf("images: %q, want those of one run", runs)
	}
	tables := strings.Split(stdout, "steps: ")
	for i, want := range []string{"average incremental accuracy in per cent", "forgetting in points", "top-1 in per cent, last test", "top-1 in per cent, best test"} {
		table := tables[i+1]
		if !strings.HasPrefix(table, want) {
			t.Errorf("table %d: %s", i, table)
		}
		if gone := strings.Contains(table, "what was run does not say it"); gone != (i == 3) {
			t.Errorf("table %d: %s", i, table)
		}
		if i < 2 && strings.Count(table, "2 orders") != 2 || i == 2 && (strings.Count(table, "2 orders") != 1 || strings.Count(table, "1 seed") != 1) || i < 3 && !strings.Contains(table, "random") {
			t.Errorf("table %d: %s", i, table)
		}
	}
	if _, stderr, code = program(t, "", words...); code != 0 || !strings.Contains(stderr, "2 done, 0 to run, 1 not run") {
		t.Errorf("again: exit code %d:\n%s", code, stderr)
	}
	writeFile(t, file, []byte("data = \"demo\"\nrecipe = \"reta\"\n[[grid]]\nincremental = { method = \"icarl\", order = 2 }\n"))
	_, _, err := shell(t.Context(), t, run.NewGate(), "experiment", file)
	for _, want := range []string{"[[grid]] 1: incremental: steps is missing: want steps that the classes come in", `method = "icarl": want gdumb or distill`, "order = 2: want one of the keys steps, memory, orders, method"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestLastWords(t *testing.T) {
	for said, want := range map[string]string{
		"14:00:00 recover 1/2\nserver: no device:\n  install a driver\n": "no device:\n  install a driver",
		"14:00:00 recover 1/2\n": "the process ended with signal: killed: 14:00:00 recover 1/2",
		"":                       "the process ended with signal: killed",
	} {
		if got := lastWords(said, "server", os.ErrProcessDone); strings.ReplaceAll(got, os.ErrProcessDone.Error(), "signal: killed") != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
