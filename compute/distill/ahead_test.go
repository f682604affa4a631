package distill

import (
	"context"
	"errors"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Steps are prepared while others are on their way: within a stage the observer knows, before each step, all but the last
// stepsAhead, and all of them once the gate shows, at a stage's end, and when the run is stopped.
func TestStepsRunAhead(t *testing.T) {
	job := smallJob(t)
	job.Recipe.PTA.On, job.Dir = false, t.TempDir()
	whole := job
	whole.Dir = ""
	want, err := Recover(context.Background(), graphtest.Device(t), whole)
	if err != nil {
		t.Fatal(err)
	}
	var known []int
	job.Observer = watcher{step: func(_ *Group, s Step) error {
		known = append(known, s.Index)
		return nil
	}}
	dev := graphtest.Device(t)
	onTheirWay := func() int { return dev.Work().Submits - dev.Work().Waits }
	step, shows, stopAt, before := 0, 5, 17, 0
	stages := job.Recipe.Steps / job.Recipe.Stages
	job.Gate = func(_ context.Context, show func() error) error {
		within := step % stages
		if within == 0 {
			before = onTheirWay()
		} else if n := onTheirWay() - before; n != graph.InFlight { // of the four batches of the step before
			t.Errorf("before step %d there are %d batches on their way, want %d", step, n, graph.InFlight)
		}
		if want := step - min(stepsAhead, within); step != shows+1 && len(known) != want {
			t.Errorf("before step %d the observer knows %d steps, want %d", step, len(known), want)
		}
		if step == shows {
			if err := show(); err != nil {
				return err
			}
			if len(known) != step {
				t.Errorf("shown before step %d, the observer knows %d steps", step, len(known))
			}
		}
		if step == stopAt {
			return ErrStop
		}
		step++
		return nil
	}
	if _, err := Recover(context.Background(), graphtest.Device(t), job); !errors.Is(err, ErrStop) {
		t.Fatalf("the run ends with %v", err)
	}
	for i := range stopAt {
		if i >= len(known) || known[i] != i {
			t.Fatalf("stopped before step %d, the observer knows the steps %v", stopAt, known)
		}
	}
	job.Gate, job.Observer = nil, nil
	got, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Pixels, want.Pixels) {
		t.Error("pixels differ from those of a run that was never stopped")
	}
}
