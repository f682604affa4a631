package distill

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/event"
	"reta/shared/recipe"
)

// act is what a test does before the step-th step of a run, over all groups.
type act map[int]func(s *Steering) error

// steered runs a job whose gate carries acts out and ends it before step stop (0: never) with an error. It returns what was told.
func steered(t *testing.T, job Job, s *Steering, acts act, from, stop int, with error) (*Synthetic, []event.Event, error) {
	t.Helper()
	var told []event.Event
	job.Steering = s
	job.Emit = func(e event.Event) { told = append(told, e) }
	step := from
	job.Gate = func(context.Context, func() error) error {
		if stop > 0 && step == stop {
			return with
		}
		if f := acts[step]; f != nil {
			if err := f(s); err != nil {
				t.Errorf("before step %d: %v", step, err)
			}
		}
		step++
		return nil
	}
	out, err := Recover(context.Background(), graphtest.Device(t), job)
	return out, told, err
}

func changesOf(told []event.Event) (list []event.Change) {
	for _, e := range told {
		if c, ok := e.(event.Change); ok {
			c.Unix = 0
			list = append(list, c)
		}
	}
	return list
}

func settingsOf(told []event.Event) (list []event.Settings) {
	for _, e := range told {
		if s, ok := e.(event.Settings); ok {
			list = append(list, s)
		}
	}
	return list
}

func set(name string, v float64) func(*Steering) error {
	return func(s *Steering) error { return s.Set(name, v, "a test") }
}

func undo(s *Steering) error { return s.Undo("undo") }

// A run that is steered in the middle of a stage, at a stage's first step, before a connection and in its second group,
// and is then stopped twice and loses steps and changes' effects to a crash, ends at the same bits as one that made the
// same changes without a stop; both differ from a run that nobody steered.
func TestSteeredRunResumesToTheSameBits(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Batch, job.Recipe.Group = 2, 2 // groups of two classes and of one
	job.Recipe = job.Recipe.WithStages(2, recipe.Dataset{Size: 16})
	job.Recipe.Steps = 12 // stages of 6
	acts := act{
		2: set("lr", 0.1), 3: set("pta.lambda_topo", 4), 5: set("alpha", 0.8), 6: set("bn_weight", 0.5),
		7: set("pta.every", 2), 8: undo, 13: set("drc.lambda", 0.9), 15: set("pta.lambda_topo", 1),
	}
	plain, _, err := steered(t, job, new(Steering), nil, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, told, err := steered(t, job, new(Steering), acts, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(plain.Pixels, want.Pixels) {
		t.Fatal("steering changes nothing")
	}
	changes := changesOf(told)
	places := [][2]int{{0, 2}, {0, 3}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {2, 1}, {2, 3}}
	if len(changes) != len(places) {
		t.Fatalf("%d changes told, want %d: %+v", len(changes), len(places), changes)
	}
	for i, c := range changes {
		if c.ID != i+1 || [2]int{c.First, c.Step} != places[i] {
			t.Errorf("change %d is of step %d, class %d: %+v, want %v", c.ID, c.Step, c.First, c, places[i])
		}
	}
	if u := changes[5]; !u.Undo || u.Of != 5 || u.Name != "pta.every" || u.From != 2 || u.To != 5 || u.By != "undo" {
		t.Errorf("the undo is told as %+v", u)
	}

	job.Dir = filepath.Join(t.TempDir(), "checkpoints")
	var kept []event.Change
	part := func(acts act, from, stop int, with error) (*Synthetic, []event.Event) {
		t.Helper()
		s := new(Steering)
		s.Restore(kept, func(list []event.Change) error { kept = slices.Clone(list); return nil })
		out, told, err := steered(t, job, s, acts, from, stop, with)
		if !errors.Is(err, with) {
			t.Fatalf("a part that was to end with %v ends with %v", with, err)
		}
		return out, told
	}
	part(acts, 0, 4, ErrStop)
	part(acts, 4, 9, errors.New("crash"))
	if len(kept) != 6 {
		t.Fatalf("%d changes kept before the crash, want 6", len(kept))
	}
	_, told = part(nil, 4, 7, ErrStop) // back at step 4, and the changes come by themselves
	if again := changesOf(told); len(again) != 5 || again[0] != changes[0] || again[4] != changes[4] {
		t.Errorf("told again: %+v, want the five that hold for step 7 or before", again)
	}
	part(act{13: acts[13]}, 7, 14, ErrStop)
	got, _ := part(act{15: acts[15]}, 14, 0, nil)
	if !slices.Equal(got.Pixels, want.Pixels) {
		t.Error("pixels differ from those of a run that was never stopped")
	}
}

// A change made in a run that has gone back to a checkpoint takes the place of those that lay ahead.
func TestNewChangeReplacesThoseAhead(t *testing.T) {
	s, told := parked(t, reta(t), []event.Change{
		{ID: 1, Step: 3, Name: "alpha", From: 0.5, To: 0.6}, {ID: 2, Step: 9, Name: "alpha", From: 0.6, To: 0.7},
		{ID: 3, Step: 12, Name: "lr", From: 0.25, To: 0.1},
	})
	s.begin(0, 5)
	if len(changesOf(*told)) != 1 || settingsOf(*told)[0].Changes != 1 {
		t.Errorf("told %+v", *told)
	}
	if err := s.Set("alpha", 0.9, "a test"); err != nil {
		t.Fatal(err)
	}
	if c := changesOf(*told)[1]; c.ID != 2 || c.From != 0.6 || c.To != 0.9 || c.Step != 5 {
		t.Errorf("told %+v", c)
	}
	for step := 5; step < 15; step++ {
		if r := s.take(0, step); r.Alpha != 0.9 || r.LR != 0.25 {
			t.Errorf("step %d has alpha %g and rate %g, want those of the new change", step, r.Alpha, r.LR)
		}
	}
}

// Every refusal says what was given and what is wanted, and changes nothing.
func TestSteeringRefuses(t *testing.T) {
	c := reta(t)
	s, told := parked(t, c, nil)
	refuses := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("error %v, want %q", err, w)
			}
		}
	}
	refuses(new(Steering).Set("alpha", 0.5, ""), "makes no steps yet")
	refuses(s.Set("alpha", 0.5, ""), "makes no steps yet") // loading
	refuses(s.Undo(""), "makes no steps yet")
	s.begin(0, 0)
	for _, r := range []struct {
		name  string
		v     float64
		words []string
	}{
		{"alpha", 1.5, []string{"alpha = 1.5: want 0 to 1"}},
		{"alpha", math.NaN(), []string{"alpha = NaN: want 0 to 1"}},
		{"lr", math.Inf(1), []string{"lr = +Inf: want 0 to 1"}},
		{"drc.lambda", -0.1, []string{"drc.lambda = -0.1: want 0 to 1"}},
		{"pta.lambda_topo", math.Inf(-1), []string{"pta.lambda_topo = -Inf: want 0 to 10"}},
		{"bn_weight", 11, []string{"bn_weight = 11: want 0 to 10"}},
		{"pta.every", 2.5, []string{"pta.every = 2.5: want a whole number, 1 to 40"}},
		{"pta.every", 0, []string{"pta.every = 0"}},
		{"ipc", 3, []string{`setting "ipc" cannot change`, "want one of alpha, drc.lambda"}},
		{strings.Repeat("x", 999), 3, []string{"cannot change"}},
	} {
		refuses(s.Set(r.name, r.v, ""), r.words...)
	}
	refuses(s.Undo(""), "no change is left to take back")
	s.keep = func([]event.Change) error { return errors.New("disk full") }
	refuses(s.Set("alpha", 0.6, ""), "alpha: not changed", "disk full")
	s.keep = nil
	if err := s.Set("alpha", c.Alpha, ""); err != nil {
		t.Errorf("the value that holds: %v", err)
	}
	if r := s.take(0, 0); r.Alpha != c.Alpha || len(changesOf(*told)) != 0 {
		t.Errorf("alpha is %g after refusals, %+v told", r.Alpha, changesOf(*told))
	}
	s.begin(0, c.Stage(c.Stages-1).First)
	refuses(s.Set("alpha", 0.6, ""), "alpha: a change would have no effect: the run has made its last residual connection")
	s.take(0, c.Steps-1)
	refuses(s.Set("lr", 0.1, ""), "has made its last step")
	s.end()
	refuses(s.Undo(""), "has made its last step")

	c.Connection, c.PTA.On = recipe.Fixed, false
	s, told = parked(t, c, nil)
	s.begin(0, 0)
	refuses(s.Set("drc.lambda", 0.5, ""), "no effect: this recipe retrieves no anchors")
	refuses(s.Set("pta.every", 5, ""), "no effect: this recipe aligns no topology")
	for _, v := range settingsOf(*told)[0].List {
		if want := v.Name == "alpha" || v.Name == "lr" || v.Name == "bn_weight"; v.Active != want || (v.Reason == "") != want {
			t.Errorf("%s: active %t, %q", v.Name, v.Active, v.Reason)
		}
	}
	c.PTA.On, c.IPC = true, 1
	s, _ = parked(t, c, nil)
	s.begin(0, 0)
	refuses(s.Set("pta.lambda_topo", 1, ""), "inactive at IPC 1")

	s, _ = parked(t, c, nil)
	s.begin(0, 0)
	for i := range event.MaxChanges {
		if err := s.Set("alpha", float64(i%2)/2+0.25, ""); err != nil {
			t.Fatal(err)
		}
	}
	refuses(s.Set("alpha", 0.5, ""), "has had 1024 changes: want no more")
}

// Undo goes back change by change, whatever the settings; settings told follow.
func TestUndoGoesFurtherBack(t *testing.T) {
	s, told := parked(t, reta(t), nil)
	s.begin(0, 0)
	value := func(name string) float64 {
		list := settingsOf(*told)
		for _, v := range list[len(list)-1].List {
			if v.Name == name {
				return v.Value
			}
		}
		return math.NaN()
	}
	for _, f := range []func(*Steering) error{set("alpha", 0.6), set("lr", 0.1), set("alpha", 0.7), undo} {
		if err := f(s); err != nil {
			t.Fatal(err)
		}
	}
	if value("alpha") != 0.6 || value("lr") != 0.1 {
		t.Errorf("after one undo alpha is %g and the rate %g", value("alpha"), value("lr"))
	}
	undo(s)
	if value("alpha") != 0.6 || value("lr") != 0.25 {
		t.Errorf("after two alpha is %g and the rate %g", value("alpha"), value("lr"))
	}
	set("alpha", 0.8)(s)
	undo(s)
	undo(s)
	if value("alpha") != 0.5 || undo(s) == nil {
		t.Errorf("at the end alpha is %g, or there was more to take back", value("alpha"))
	}
	var of []int
	for _, c := range changesOf(*told) {
		of = append(of, c.Of)
	}
	if want := []int{0, 0, 0, 3, 2, 0, 6, 1}; !slices.Equal(of, want) {
		t.Errorf("taken back %v, want %v", of, want)
	}
	for _, e := range *told {
		if err := event.Check(e); err != nil {
			t.Error(err)
		}
	}
}

// A list of changes that cannot be this run's is refused.
func TestRestoredChangesAreChecked(t *testing.T) {
	job := smallJob(t)
	good := event.Change{ID: 1, Step: 3, Name: "alpha", To: 0.6}
	for words, spoil := range map[string]func(c *event.Change){
		"change 7 of":    func(c *event.Change) { c.ID, c.To = 7, math.NaN() },
		"number 2":       func(c *event.Change) { c.ID = 2 },
		"off the list":   func(c *event.Change) { c.Name = "seed" },
		`"ipc" cannot`:   func(c *event.Change) { c.Name = "ipc" },
		"alpha = 2":      func(c *event.Change) { c.To = 2 },
		"step 41":        func(c *event.Change) { c.Step = 41 },
		"classes from 9": func(c *event.Change) { c.First = 9 },
	} {
		c := good
		spoil(&c)
		job.Steering = new(Steering)
		job.Steering.Restore([]event.Change{c}, nil)
		if _, err := Recover(context.Background(), graphtest.Device(t), job); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	job.Steering.Restore([]event.Change{good, {ID: 2, Step: 2, Name: "lr", To: 0.1}}, nil)
	if _, err := Recover(context.Background(), graphtest.Device(t), job); err == nil || !strings.Contains(err.Error(), "no earlier than") {
		t.Errorf("changes out of order: %v", err)
	}
}

// A change has its effect from the step on that is logged: alpha in the blend (Eqn 6), lambda 0 takes the anchor of
// least fit (Eqn 4), rate 0 keeps the images, and the loss has the new weight.
func TestEffectsOfChanges(t *testing.T) {
	job := smallJob(t)
	job.Recipe = job.Recipe.WithStages(2, recipe.Dataset{Size: 16})
	job.Recipe.Steps, job.Recipe.PTA.On = 6, false // connection after step 2
	seen := watchJob(&job)
	_, _, err := steered(t, job, new(Steering), act{
		2: func(s *Steering) error {
			return errors.Join(s.Set("alpha", 0.875, ""), s.Set("drc.lambda", 0, ""), s.Set("bn_weight", 2, ""))
		},
		4: set("lr", 0),
	}, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := seen.blends[0]
	for i, after := range b.After {
		if want := 0.875*float64(b.Before[i]) + 0.125*float64(b.Anchor[i]); math.Abs(float64(after)-want) > 1e-5 {
			t.Fatalf("element %d: %g of %g and %g, want %g", i, after, b.Before[i], b.Anchor[i], want)
		}
	}
	for c, class := range b.Choices {
		for i, choice := range class {
			for _, k := range choice.Top {
				if k.Fit < choice.Anchor.Fit {
					t.Errorf("class %d, image %d: %+v lost to %+v with lambda 0", c, i, k, choice.Anchor)
				}
			}
		}
	}
	for i, s := range seen.steps {
		weight := 2.0
		if i < 2 {
			weight = job.Recipe.BNWeight
		}
		if want := s.Term("ce") + weight*s.Term("bn"); math.Abs(s.Total-want) > 1e-5*want {
			t.Errorf("step %d: the loss is %g, want %g", i, s.Total, want)
		}
		if (s.LR == 0) != (i >= 4) {
			t.Errorf("step %d: rate %g", i, s.LR)
		}
	}
	seen = watchJob(&job)
	still, _, err := steered(t, job, new(Steering), act{2: set("lr", 0)}, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, each := seen.blends[0].After, 16*16*3 // what the connection left is what the run ends with
	for row := range 3 * still.IPC {
		pixels := still.Pixels[(row%3*still.IPC+row/3)*each:][:each]
		if !slices.Equal(pixels, after[row*each:(row+1)*each]) {
			t.Errorf("class %d, image %d moved at rate 0", row%3, row/3)
		}
	}
}

// reta is the recipe of forty steps in four stages that smallJob runs.
func reta(t *testing.T) recipe.Recipe { return smallJob(t).Recipe }

// parked is the steering of a run of three classes that loads.
func parked(t *testing.T, c recipe.Recipe, past []event.Change) (*Steering, *[]event.Event) {
	t.Helper()
	s, told := new(Steering), new([]event.Event)
	s.Restore(past, nil)
	if err := s.start(c, 0, 3, 3, func(e event.Event) { *told = append(*told, e) }); err != nil {
		t.Fatal(err)
	}
	return s, told
}

// Where others recover groups at the same time a change holds from the first one on that is not given out, and for no other, in whatever order
// they are given.
func TestChangesHoldFromTheGroupNotGivenOut(t *testing.T) {
	s, told := new(Steering), []event.Event(nil)
	c := reta(t)
	c.Group = 2
	var kept []event.Change
	s.Restore(nil, func(list []event.Change) error { kept = slices.Clone(list); return nil })
	if err := s.Set("alpha", 0.7, "a test"); err == nil || !strings.Contains(err.Error(), "makes no steps yet") {
		t.Errorf("before it leads: %v", err)
	}
	lead := func(s *Steering) {
		t.Helper()
		if err := s.Lead(c, 8, func(e event.Event) { told = append(told, e) }); err != nil {
			t.Fatal(err)
		}
	}
	lead(s)
	if got := s.Give(2); got != nil {
		t.Errorf("the first group given out has %+v", got)
	}
	for _, f := range []func(*Steering) error{set("alpha", 0.7), set("lr", 0.125), undo} {
		if err := f(s); err != nil {
			t.Fatal(err)
		}
	}
	for first, want := range map[int]int{0: 0, 2: 0, 4: 3, 6: 3} {
		if got := s.Changes(first); len(got) != want {
			t.Errorf("classes %d and on have %+v, want %d changes", first, got, want)
		}
	}
	if now := settingsOf(told); !now[len(now)-1].Groups || now[len(now)-1].First != 4 {
		t.Errorf("the settings are told as of class %d", now[len(now)-1].First)
	}
	again := new(Steering) // nothing that was given out is known any more
	again.Restore(kept, nil)
	told = nil
	lead(again)
	if err := again.Set("alpha", 0.2, "a test"); err != nil {
		t.Fatal(err)
	}
	again.Give(0)
	if list := changesOf(told); len(list) != 4 || list[3].First != 4 || list[3].From != 0.7 {
		t.Errorf("continued, the changes are %+v", list)
	}
	if got := again.Give(6); len(got) != 4 {
		t.Errorf("the last group has %+v", got)
	}
	for _, err := range []error{again.Set("alpha", 0.3, "a test"), again.Undo("a test")} {
		if err == nil || !strings.Contains(err.Error(), "every group of classes is begun") {
			t.Errorf("all is given out: %v", err)
		}
	}
}
