package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fair is cells of three recipes with two students; a and b share the students of controls and train the same teachers.
const fair = `
data = "demo"
ipc = 1
student = ["resnet8", "convnet3"]
[[grid]]
recipe = ["a", "b", "c", "none"]
`

func names(steps []Step) (list []string) {
	for _, s := range steps {
		list = append(list, s.Words()[0]+" "+s.Cell.Recipe+" "+s.Cell.Student)
	}
	return list
}

// Steps of the same images wait for each other, and those that share teachers or students wait for the first; cells whose images fail
// fail with them; what is left over is done by the next call, and nothing twice.
func TestSteps(t *testing.T) {
	dir := t.TempDir()
	plan := planOf(t, fair, dir)
	for _, c := range plan.Cells {
		if c.Recipe != "c" {
			c.TeacherKey, c.StudentKey = "team", c.Student
		}
	}
	p := &program{t: t, top1: map[string]float64{}}
	var ended []string
	job := Job{Quote: func(words []string) string { return "server " + strings.Join(words, " ") }, Ended: func(c *Planned, r *Record) {
		ended = append(ended, c.Recipe+" "+c.Student+" "+string(r.State))
	}}
	next := func(s *Steps, want ...string) []Step {
		t.Helper()
		steps, err := s.Next()
		if got := names(steps); err != nil || !slices.Equal(got, want) {
			t.Fatalf("next: %q, %v: want %q", got, err, want)
		}
		return steps
	}
	end := func(s *Steps, step Step, why error) {
		t.Helper()
		if why == nil {
			log, err := os.OpenFile(step.Cell.LogFile(), os.O_WRONLY|os.O_APPEND, 0o644)
			if err == nil {
				err = errors.Join(p.command(t.Context(), step.Cell.here(step.Words()), log), log.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Ended(step, 2, why); err != nil {
			t.Fatal(err)
		}
	}
	result, err := job.Each(t.Context(), plan, func(s *Steps) error {
		first := next(s, "recover a resnet8", "recover c resnet8") // b's teachers are in training
		next(s)
		end(s, first[1], errors.New("no memory"))
		next(s)
		end(s, first[0], nil)
		both := next(s, "evaluate a resnet8", "recover b resnet8")
		end(s, both[1], nil)
		b := next(s, "evaluate b convnet3") // b's other student shares controls with a's
		end(s, both[0], nil)
		end(s, b[0], errors.New("killed"))
		last := next(s, "evaluate a convnet3", "evaluate b resnet8")
		end(s, last[1], nil)
		end(s, last[0], nil)
		next(s)
		return nil
	})
	if err != nil || result.Done != 3 || result.NotRun != 2 || len(result.Failed) != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	want := []string{"c resnet8 failed", "c convnet3 failed", "a resnet8 done", "b convnet3 failed", "b resnet8 done", "a convnet3 done"}
	if !slices.Equal(ended, want) {
		t.Errorf("ended: %q, want %q", ended, want)
	}
	for key, want := range map[string]string{"cresnet8": "no memory", "cconvnet3": "its images failed before: no memory", "bconvnet3": "killed"} {
		if r, err := ReadRecord(dir, strings.Replace(key, key[:1], key[:1]+"-0", 1)); err != nil || r.Error != want {
			t.Errorf("%s: %+v, %v", key, r, err)
		}
	}
	r, err := ReadRecord(dir, "a-0resnet8")
	if err != nil || r.Seconds != 4 || r.Cost == nil || len(r.Commands) != 2 || r.Device != "a device" {
		t.Errorf("%+v, %v", r, err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "cells", "a-0resnet8.log"))
	if err != nil || strings.Count(string(log), "server ") != 2 || strings.Count(string(log), "progress of") != 2 {
		t.Errorf("the log: %v\n%s", err, log)
	}
	result, err = job.Each(t.Context(), plan, func(s *Steps) error {
		next(s, "evaluate b convnet3", "recover c resnet8")
		return errors.New("stopped")
	})
	if err == nil || result.Done != 3 {
		t.Errorf("again: %+v, %v", result, err)
	}
}

// What a command has said in full stands in the place of what was heard of it.
func TestSaid(t *testing.T) {
	plan := planOf(t, strings.Replace(fair, `, "b", "c", "none"`, "", 1), t.TempDir())
	job := Job{Quote: func(words []string) string { return words[0] }}
	_, err := job.Each(t.Context(), plan, func(s *Steps) error {
		steps, err := s.Next()
		if err != nil {
			return err
		}
		err = errors.Join(s.Say(steps[0], "half a"), s.Said(steps[0], "half a line\n"))
		if text, _ := os.ReadFile(steps[0].Cell.LogFile()); string(text) != "recover\nhalf a line\n" {
			t.Errorf("the log: %q", text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
