package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/server/run"
	"reta/shared/event"
)

const three = `
title = "three"
data = "demo"
student = "resnet8"
ipc = 1

[[grid]]
recipe = ["a", "b", "c", "none"]
student = ["resnet8", "convnet3"]

[[table]]
measure = "best"
source = "a paper"
published = """
recipe  student=resnet8  student=convnet3
a       50.0             50.0±1
b       40.0             -
c       60.0             60.5
"""
`

// program plays this program: recover leaves images, evaluate results, and what it does can be looked at.
type program struct {
	t      *testing.T
	said   []string                                     // "recover a", "evaluate a resnet8"
	fails  map[string]string                            // errors by what is said
	before func(what string)                            // nil: nothing
	top1   map[string]float64                           // by what is said
	rows   func(what string) (more []run.EvaluationRow) // nil: none
}

func (p *program) command(ctx context.Context, words []string, log *os.File) error {
	what := words[0] + " " + strings.Split(filepath.Base(words[2]), "-")[0]
	if words[0] == "evaluate" {
		what = words[0] + " " + strings.Split(filepath.Base(words[1]), "-")[0] + " " + words[2]
	}
	p.said = append(p.said, what)
	fmt.Fprintln(log, "progress of "+what)
	if p.before != nil {
		p.before(what)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := p.fails[what]; text != "" {
		return errors.New(text)
	}
	dir := words[1]
	if words[0] == "recover" {
		dir = words[2]
		if err := os.MkdirAll(filepath.Join(dir, "export"), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "export", "metadata.csv"), nil, 0o644),
			os.WriteFile(filepath.Join(dir, "cost.json"), []byte(`{"images": 4, "seconds": 10, "device_memory_bytes": 2500000000}`), 0o644)); err != nil {
			p.t.Fatal(err)
		}
		return nil
	}
	sd, se := 0.02, 0.01
	top1 := p.top1[what]
	e := run.Evaluation{Device: "a device", TestImages: 80, Rows: []run.EvaluationRow{
		{Images: event.Distilled, Labels: event.SoftLabels, Student: words[2], N: 5, Last: run.Accuracy{Top1: top1 - 0.125, SD: &sd, SE: &se}, Best: run.Accuracy{Top1: top1, SD: &sd, SE: &se}},
		{Images: event.Random, Labels: event.SoftLabels, Student: words[2], N: 5, Last: run.Accuracy{Top1: 0.25, SD: &sd, SE: &se}, Best: run.Accuracy{Top1: 0.375, SD: &sd, SE: &se}},
	}}
	if p.rows != nil {
		e.Rows = append(e.Rows, p.rows(what)...)
	}
	return e.Write(filepath.Join(dir, run.EvaluationFile))
}

// planOf is the plan of a text in a new folder. Recipe "none" is one that the program does not have.
func planOf(t *testing.T, text, dir string) *Plan {
	t.Helper()
	f, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return NewPlan(f, dir, func(c Cell) (Work, error) {
		if c.Recipe == "none" {
			return Work{}, errors.New("unknown recipe")
		}
		images := fmt.Sprintf("%s-%d", c.Recipe, c.Seed)
		return Work{Key: images + c.Student, Run: images, Recover: []string{"recover", "--run-dir", Folder}, Evaluate: []string{"evaluate", Folder, c.Student}}, nil
	})
}

func (p *program) do(ctx context.Context, plan *Plan) (Result, []string, error) {
	p.said = nil
	var events []string
	job := Job{Command: p.command, Quote: func(words []string) string { return "server " + strings.Join(words, " ") },
		Begins: func(n, of int, c *Planned) {
			events = append(events, fmt.Sprintf("%d/%d %s %s", n, of, c.Recipe, c.Student))
		},
		Ended: func(c *Planned, r *Record) { events = append(events, string(r.State)) }}
	result, err := job.Do(ctx, plan)
	return result, events, err
}

// Cells of the same images recover once; one that fails is named and the others go on, those of images that failed without
// another try; what is done is skipped, what failed is tried again.
func TestDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	plan := planOf(t, three, dir)
	p := &program{t: t, fails: map[string]string{"recover b": "the loss is NaN", "evaluate c resnet8": "out of memory"}, top1: map[string]float64{}}
	result, events, err := p.do(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"recover a", "evaluate a resnet8", "evaluate a convnet3", "recover b", "recover c", "evaluate c resnet8", "evaluate c convnet3"}; !slices.Equal(p.said, want) {
		t.Errorf("it runs %q, want %q", p.said, want)
	}
	if want := []string{"1/8 a resnet8", "done", "2/8 a convnet3", "done", "3/8 b resnet8", "failed", "4/8 b convnet3", "failed", "5/8 c resnet8", "failed", "6/8 c convnet3", "done"}; !slices.Equal(events, want) {
		t.Errorf("it says %q, want %q", events, want)
	}
	if result.Done != 3 || result.NotRun != 2 || len(result.Failed) != 3 || result.Failed[0].Error != "the loss is NaN" || result.Failed[1].Error != "its images failed before: the loss is NaN" {
		t.Errorf("result %+v", result)
	}
	log, err := os.ReadFile(filepath.Join(dir, "cells", "a-0resnet8.log"))
	if err != nil || !strings.Contains(string(log), "server recover --run-dir "+filepath.Join(dir, "images", "a-0")+"\nprogress of recover a\n") {
		t.Errorf("the cell's log: %v\n%s", err, log)
	}
	if r, err := ReadRecord(dir, "a-0resnet8"); err != nil || r.State != Done || len(r.Commands) != 2 || r.Cost == nil || r.Cost.Images != 4 || r.Tested != 80 || len(r.Rows) != 2 || r.Ended == "" {
		t.Errorf("record %+v, %v", r, err)
	}

	p.fails = nil
	if result, _, err = p.do(t.Context(), plan); err != nil || result.Done != 6 || len(result.Failed) != 0 {
		t.Errorf("again: %+v, %v", result, err)
	}
	if want := []string{"recover b", "evaluate b resnet8", "evaluate b convnet3", "evaluate c resnet8"}; !slices.Equal(p.said, want) {
		t.Errorf("again it runs %q, want %q", p.said, want)
	}
	if _, _, err = p.do(t.Context(), plan); err != nil || len(p.said) > 0 {
		t.Errorf("a finished experiment runs %q, %v", p.said, err)
	}
}

// One that is stopped in a cell goes on with that cell: images that are there are not made again.
func TestStopped(t *testing.T) {
	dir := t.TempDir()
	plan := planOf(t, three, dir)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p := &program{t: t, top1: map[string]float64{}, before: func(what string) {
		if what == "evaluate b resnet8" {
			stop()
		}
	}}
	if _, events, err := p.do(ctx, plan); !errors.Is(err, context.Canceled) || len(events) != 5 {
		t.Fatalf("stopped: %v after %q", err, events)
	}
	if state, _, err := plan.Cells[2].State(); state != Open || err != nil {
		t.Errorf("the cell in the making is %s, %v", state, err)
	}
	p.before = nil
	result, _, err := p.do(t.Context(), plan)
	if want := []string{"evaluate b resnet8", "evaluate b convnet3", "recover c", "evaluate c resnet8", "evaluate c convnet3"}; err != nil || result.Done != 6 || !slices.Equal(p.said, want) {
		t.Errorf("it goes on with %q (%+v, %v), want %q", p.said, result, err, want)
	}
}

// A second process is refused and changes nothing; a damaged record is named.
func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	plan := planOf(t, three, dir)
	p := &program{t: t, top1: map[string]float64{}}
	second := &program{t: t, top1: map[string]float64{}}
	p.before = func(what string) {
		if _, _, err := second.do(t.Context(), plan); !errors.Is(err, run.ErrBusy) || !strings.Contains(err.Error(), dir) {
			t.Errorf("a second process while the first runs: %v", err)
		}
	}
	if result, _, err := p.do(t.Context(), plan); err != nil || result.Done != 6 || len(second.said) > 0 {
		t.Errorf("%+v, %v; the second ran %q", result, err, second.said)
	}
	file := recordFile(dir, plan.Cells[0].Key)
	if err := os.Truncate(file, 20); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.do(t.Context(), plan); err == nil || !strings.Contains(err.Error(), file+" is damaged") || !strings.Contains(err.Error(), "remove it to run the cell again") {
		t.Errorf("a record that was cut: %v", err)
	}
}

// What a kill left of files in the making goes; what a command may still be writing, whose experiment was killed, stays for a day.
func TestSwept(t *testing.T) {
	dir := t.TempDir()
	plan := planOf(t, three, dir)
	const left = ".x.json5577006791947779410"
	for _, sub := range []string{"cells", "images", "trials"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, sub), 0o755), os.WriteFile(filepath.Join(dir, sub, left), nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, "trials", ".y.json5577006791947779410")
	day := time.Now().Add(-25 * time.Hour)
	if err := errors.Join(os.WriteFile(old, nil, 0o644), os.Chtimes(old, day, day)); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, top1: map[string]float64{}}
	if _, _, err := p.do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*", ".*")); len(found) != 1 || found[0] != filepath.Join(dir, "trials", left) {
		t.Errorf("left are %q, want the new one in trials", found)
	}
}

// Images that are there are taken only if they are of the cell's settings.
func TestImagesOfOtherSettings(t *testing.T) {
	plan := planOf(t, three, t.TempDir())
	p := &program{t: t, top1: map[string]float64{}}
	if _, _, err := p.do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	more := plan.Cells[0]
	more.Key = "more seeds"
	more.Same = func(folder string) error {
		if folder != more.ImagesDir() {
			t.Errorf("asked of %s", folder)
		}
		return errors.New("it has ipc = 9, asked ipc = 1")
	}
	result, _, err := p.do(t.Context(), plan)
	if err != nil || len(result.Failed) != 1 || result.Failed[0].Error != "it has ipc = 9, asked ipc = 1" || len(p.said) > 0 {
		t.Errorf("%+v, %v; it runs %q", result, err, p.said)
	}
	more.Same = func(string) error { return nil }
	if result, _, err := p.do(t.Context(), plan); err != nil || result.Done != 6 || !slices.Equal(p.said, []string{"evaluate a resnet8"}) {
		t.Errorf("%+v, %v; it runs %q", result, err, p.said)
	}
}

func TestOnly(t *testing.T) {
	plan := planOf(t, three, t.TempDir())
	some, err := plan.Only([]Axis{{"recipe", "b"}, {"student", "convnet3"}})
	if err != nil || len(some.Cells) != 1 || some.Cells[0].Recipe != "b" || some.Cells[0].Student != "convnet3" {
		t.Errorf("%+v, %v", some, err)
	}
	if _, err := plan.Only([]Axis{{"recipe", "d"}}); err == nil || !strings.Contains(err.Error(), "no cell has recipe=d: want values of the axes as the grids have them: the first cell is data=demo recipe=a") {
		t.Errorf("of no cell: %v", err)
	}
}

// By hand: published 50 with deviation 1 of five runs has the error 0.447; measured errors are 1, in per cent. 51.9 is within
// two errors of 50, 52.1 above, 37.9 below 40; 62.3 lies 1.8 above 60.5, 52.1 less 50 ± 0.447 is 2.1 ± 1.095.
func TestVerdicts(t *testing.T) {
	plan := planOf(t, three, t.TempDir())
	p := &program{t: t, top1: map[string]float64{"evaluate a resnet8": 0.519, "evaluate a convnet3": 0.521, "evaluate b resnet8": 0.379, "evaluate b convnet3": 0.5, "evaluate c resnet8": 0.621, "evaluate c convnet3": 0.623},
		fails: map[string]string{"evaluate c convnet3": "out of memory"}}
	if _, _, err := p.do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	tables, err := Tables(plan)
	if err != nil || len(tables) != 1 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	rows := tables[0].Groups[0].Rows
	for i, want := range []Verdict{Within, Within, Below, Alone, Above, Missing, Missing, Missing} {
		if rows[i].Verdict != want {
			t.Errorf("row %d, %q: %q, want %q", i, rows[i].Values, rows[i].Verdict, want)
		}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if r := rows[1]; !near(r.Measured.Mean, 52.1) || !near(r.Measured.SE, 1) || r.Over != "5 seeds" || !near(r.Difference.Mean, 2.1) || !near(r.Difference.SE, math.Sqrt(1.2)) {
		t.Errorf("%+v", r)
	}
	if r := rows[5]; r.State != Failed || r.Note != "failed: out of memory" {
		t.Errorf("a failed cell %+v", r)
	}
	if r := rows[6]; r.State != NotRun || r.Note != "unknown recipe" {
		t.Errorf("a cell that the program lacks something for %+v", r)
	}
	if got := tables[0].Controls; !slices.Equal(got, []string{"random"}) || !near(rows[0].Controls[0].Mean, 37.5) {
		t.Errorf("controls %q, %+v", got, rows[0].Controls)
	}
	if got := tables[0].Axes; !slices.Equal(got, []string{"recipe", "student"}) {
		t.Errorf("axes %q", got)
	}
}

// Seeds of recovery are pooled: the error is over them. Of a search the best variant counts, with its own controls. Cost and
// the last test are measures of the same cells.
func TestMeasures(t *testing.T) {
	plan := planOf(t, `
data = "demo"
ipc = 1
student = "resnet8"
[[grid]]
recipe = ["a", "b"]
seed = [0, 1]
[[table]]
measure = "best"
[[table]]
measure = "last"
[[table]]
measure = "seconds"
[[table]]
measure = "memory"
[[table]]
measure = "corruptions"
[[table]]
measure = "lrs"
[[table]]
measure = "ars"
`, t.TempDir())
	n := 0.0
	p := &program{t: t, top1: map[string]float64{"evaluate a resnet8": 0.5}, rows: func(what string) []run.EvaluationRow {
		if n++; what != "evaluate a resnet8" {
			return nil
		}
		return []run.EvaluationRow{
			{Images: event.Distilled, Labels: event.SoftLabels, Student: "resnet8 (lr 0.1, eta 2)", N: 5, Last: run.Accuracy{Top1: 0.5}, Best: run.Accuracy{Top1: 0.5 + n/8},
				Corrupted: &run.Accuracy{Top1: 0.125 * n}},
			{Images: event.Random, Labels: event.SoftLabels, Student: "resnet8 (lr 0.1, eta 2)", N: 5, Last: run.Accuracy{Top1: 0.25}, Best: run.Accuracy{Top1: 0.25}},
			{Images: event.Distilled, Labels: event.HardLabels, Student: "resnet8 (lr 0.1, eta 2)", N: 5, Last: run.Accuracy{Top1: 0.375}, Best: run.Accuracy{Top1: 0.375}},
			{Images: event.AllReal, Labels: event.HardLabels, Student: "resnet8 (lr 0.1, eta 2)", N: 5, Last: run.Accuracy{Top1: 0.625}, Best: run.Accuracy{Top1: 0.625}},
		}
	}}
	if _, _, err := p.do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	tables, err := Tables(plan)
	if err != nil {
		t.Fatal(err)
	}
	row := func(i int) Row { return tables[i].Groups[0].Rows[0] }
	if len(tables[0].Groups[0].Rows) != 2 || row(0).Measured.N != 2 || row(0).Measured.Mean != 68.75 || row(0).Measured.SE != 6.25 || row(0).Over != "2 recoveries" || row(0).Controls[0].Mean != 25 {
		t.Errorf("best: %+v", row(0))
	}
	if lrs := row(5).Measured; math.Abs(lrs.Mean-100*(1-math.Exp(-1))/(math.E-math.Exp(-1))) > 1e-9 || row(6).Measured.N != 0 { // IOR is HLR; nothing is known of ARS
		t.Errorf("LRS and ARS: %+v, %+v", row(5), row(6))
	}
	if row(1).Measured.Mean != 50 || row(2).Measured.Mean != 2.5 || row(3).Measured.Mean != 2.5 || len(tables[2].Controls) > 0 {
		t.Errorf("last, seconds and memory: %+v\n%+v\n%+v", row(1), row(2), row(3))
	}
	if r := row(4); r.Measured.N != 2 || r.Measured.Mean != 18.75 || len(r.Controls) > 0 {
		t.Errorf("on corrupted test images: %+v", r)
	}
}

// A row of which a seed failed has the number of the others, and says so.
func TestSeedThatFailed(t *testing.T) {
	plan := planOf(t, `
data = "demo"
ipc = 1
student = "resnet8"
[[grid]]
recipe = "a"
seed = [0, 1, 2]
`, t.TempDir())
	n := 0
	p := &program{t: t, top1: map[string]float64{"evaluate a resnet8": 0.5}}
	p.before = func(what string) {
		if what == "evaluate a resnet8" {
			n++
		}
		p.fails = map[string]string{}
		if n == 2 {
			p.fails["evaluate a resnet8"] = "out of memory"
		}
	}
	if _, _, err := p.do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	tables, err := Tables(plan)
	if err != nil {
		t.Fatal(err)
	}
	if r := tables[0].Groups[0].Rows[0]; r.Measured.N != 2 || r.Over != "2 recoveries" || r.Note != "1 of 3 seeds of recovery have no number: failed: out of memory" {
		t.Errorf("%+v", r)
	}
}
