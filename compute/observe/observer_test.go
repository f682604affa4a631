package observe

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/distill"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/train/traintest"
	"reta/shared/event"
	"reta/shared/recipe"
)

// A whole run is told: every step's losses, every stage's end, what each connection did to each class, in events and in words.
func TestRunIsTold(t *testing.T) {
	job := smallJob(t)
	var points []event.Point
	var starts []event.Start
	var stages []event.StageEnd
	var residuals []event.Residual
	log := ""
	o := watch(&job, Options{Emit: func(e event.Event) {
		if err := event.Check(e); err != nil {
			t.Error(err)
		}
		switch e := e.(type) {
		case event.Metrics:
			points = append(points, e.Points...)
		case event.Start:
			starts = append(starts, e)
		case event.StageEnd:
			stages = append(stages, e)
		case event.Residual:
			residuals = append(residuals, e)
		case event.Log:
			log += e.Text + "\n"
		}
	}})
	if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	c := job.Recipe
	if !(o.After.CE < o.Before.CE && o.After.BN < o.Before.BN) {
		t.Errorf("assessed %+v before and %+v after", o.Before, o.After)
	}
	if len(points) != c.Steps {
		t.Fatalf("%d points, want %d", len(points), c.Steps)
	}
	for i, p := range points {
		if p.Step != i+1 || p.Stage != c.StageOf(i).Index || math.Abs(float64(p.LR)-c.LearningRate(i)) > 1e-7 {
			t.Errorf("point %d: %+v", i, p)
		}
		if due := c.AlignsAfter(i); due == math.IsNaN(float64(p.Topo)) {
			t.Errorf("step %d: L_topo %g, alignment due %t", i, p.Topo, due)
		}
	}
	if len(starts) != 1 || starts[0].End.Step != 0 || starts[0].End.CE != float32(o.Before.CE) || !(starts[0].End.KappaMean > 0) || len(starts[0].Shape.Classes) != 3 {
		t.Errorf("starts %+v, want one with the losses and the shape of 3 classes", starts)
	}
	if len(stages) != c.Stages {
		t.Fatalf("%d stage ends, want %d", len(stages), c.Stages)
	}
	for i, e := range stages {
		want := 3 * c.IPC
		if i == c.Stages-1 {
			want = 0
		}
		if e.Stage != i || e.Anchors != want || e.Step != c.Stage(i).End {
			t.Errorf("stage end %d: %+v, want %d anchors after step %d", i, e, want, c.Stage(i).End)
		}
	}
	if want := 3 * (c.Stages - 1); len(residuals) != want { // one event a class
		t.Errorf("%d residual events, want %d", len(residuals), want)
	}
	for _, e := range residuals {
		for _, id := range e.AnchorID {
			if image := atoi(t, strings.TrimPrefix(id, "image-")); image%3 != e.Class {
				t.Errorf("class %d got an anchor of class %d", e.Class, image%3)
			}
		}
	}
	for _, words := range []string{"start, images without augmentation, 16 px: CE ", "stage 1/4, step 10/40, 16 px: CE ", "; 12 anchors blended in, spread ", "stage 4/4, step 40/40, "} {
		if !strings.Contains(log, words) {
			t.Errorf("the log does not say %q:\n%s", words, log)
		}
	}
	for line := range strings.Lines(log) {
		if len(line) > 140 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
}

// Fixed anchors are told as what they are: every image comes back to its own.
func TestFixedAnchorsAreTheirOwn(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps, job.Recipe.Connection, job.Recipe.PTA.On = 4, recipe.Fixed, false
	var ends []event.StageEnd
	watch(&job, Options{Emit: func(e event.Event) {
		if e, ok := e.(event.StageEnd); ok {
			ends = append(ends, e)
		}
	}})
	if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	end := ends[0]
	if math.Abs(float64(end.SelfRetrieval)-1) > 1e-6 || end.CollisionRate != 0 || math.Abs(float64(end.Entropy)-math.Log(4)) > 1e-6 {
		t.Errorf("told %+v, want self-retrieval 1, no collision, entropy log 4", end)
	}
}

// Of what nobody sees or records nothing is made; the images are the same.
func TestNothingIsMadeThatNobodyWants(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps = 8
	all := job
	watch(&all, Options{})
	want, err := distill.Recover(context.Background(), graphtest.Device(t), all)
	if err != nil {
		t.Fatal(err)
	}
	pictures := map[event.Kind]map[int]int{}
	watch(&job, Options{
		Wants: func(p Picture) bool { return p.Class == 2 && p.Topic != event.TopicRetrieval },
		Shown: func() int { return 2 },
		Emit: func(e event.Event) {
			switch e.(type) {
			case event.Images, event.Cloud, event.Residual, event.Retrieval:
				if pictures[e.Kind()] == nil {
					pictures[e.Kind()] = map[int]int{}
				}
				pictures[e.Kind()][event.ItemOf(e).Class]++
			}
		},
	})
	got, err := distill.Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Pixels, want.Pixels) {
		t.Error("pixels differ from those of a run of which everything is wanted")
	}
	for _, kind := range []event.Kind{event.KindImages, event.KindCloud, event.KindResidual} {
		if of := pictures[kind]; len(of) != 1 || of[2] == 0 {
			t.Errorf("%v by class: %v, want class 2 alone", kind, of)
		}
	}
	if len(pictures[event.KindRetrieval]) != 0 {
		t.Errorf("retrievals by class: %v, want none", pictures[event.KindRetrieval])
	}
}

// What a run was assessed as survives its checkpoints, of groups that are done too.
func TestAssessmentsAreKept(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps, job.Recipe.Batch, job.Recipe.Group = 8, 2, 2 // groups of two classes and of one
	want := watch(&job, Options{})
	if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	job.Dir = t.TempDir()
	for _, stop := range []int{3, 7, 0} {
		steps := 0
		job.Gate = func(context.Context, func() error) error {
			if steps++; steps == stop {
				return distill.ErrStop
			}
			return nil
		}
		got := watch(&job, Options{})
		_, err := distill.Recover(context.Background(), graphtest.Device(t), job)
		if stop == 0 {
			if err != nil || got.Before != want.Before || got.After != want.After {
				t.Errorf("assessed %+v and %+v (%v), never stopped %+v and %+v", got.Before, got.After, err, want.Before, want.After)
			}
		} else if !errors.Is(err, distill.ErrStop) {
			t.Fatal(err)
		}
	}
}

// watch has a new observer watch the job.
func watch(job *distill.Job, o Options) *Observer {
	if o.Emit == nil {
		o.Emit = func(event.Event) {}
	}
	observer := New(o)
	job.Emit, job.Observer = o.Emit, observer
	return observer
}

// smallJob distils four images of each class of traintest.Stripes in forty steps.
func smallJob(t *testing.T) distill.Job {
	t.Helper()
	c, err := recipe.New("reta", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	c.IPC, c.Steps, c.PTA.Every, c.PTA.K, c.Jitter = 4, 40, 5, 3, 2
	c.Init.Selector = recipe.RDED                                         // crops leave more to learn than whole images
	c.Crop = recipe.Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}} // so that the loss is that of the assessment
	return distill.Job{Recipe: c, Teachers: []*models.Model{traintest.Teacher(t, 1)}, Data: traintest.Stripes}
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	for _, d := range s {
		if d < '0' || d > '9' {
			t.Fatalf("%q is no number", s)
		}
		n = 10*n + int(d-'0')
	}
	return n
}
