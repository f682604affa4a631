package distill

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"reta/shared/event"
	"reta/shared/recipe"
)

// Steering changes settings of a run while it goes on (see recipe.Live). A change holds from the first step that has
// not begun, for all that comes after, later groups of classes included; what ends a stage belongs to the stage's last
// step. The recipe of every step is a function of what was asked and of the list of changes, so that a run continued
// with the list ends with the same bits. The zero value is ready; all methods are safe for concurrent use.
type Steering struct {
	mu        sync.Mutex
	changes   []event.Change // in the order of their effect
	announced int            // of them: those in force; behind them lies what a continued run is yet to come to
	keep      func([]event.Change) error

	emit   func(event.Event)
	asked  recipe.Recipe
	bounds []recipe.Parameter // of what was asked
	last   int                // first class of the last group
	part   bool               // of a run: other processes recover the other classes
	leads  bool               // of a run whose groups others recover
	next   place              // the first step that has not begun
	state  progress
}

// place is a step of the group of classes that begins with first.
type place struct{ first, step int }

func (p place) before(q place) bool {
	return p.first < q.first || p.first == q.first && p.step < q.step
}

func placeOf(c event.Change) place { return place{c.First, c.Step} }

type progress int

const (
	idle progress = iota // no step can be made yet
	going
	over
)

// Restore gives the run the changes that it was steered by before it was stopped. From then on keep is called with the
// whole list before a change takes effect; an error of its refuses the change. It may be nil.
func (s *Steering) Restore(past []event.Change, keep func([]event.Change) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes, s.keep = slices.Clone(past), keep
}

// Set changes a setting from the next step on. Errors name what cannot be: the name, the value with its bounds, a
// setting without effect in this run, a run that makes no steps. A value that holds already is no change.
func (s *Steering) Set(name string, value float64, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return err
	}
	p, err := recipe.Find(s.bounds, name)
	if err == nil {
		err = p.Check(value)
	}
	if err != nil {
		return err
	}
	now, err := recipe.Find(s.at(s.next).Live(), name)
	if err != nil {
		return err
	}
	if why := s.without(now); why != "" {
		return fmt.Errorf("%s: a change would have no effect: %s", name, why)
	}
	if value == now.Value {
		return nil
	}
	return s.add(event.Change{Name: name, From: now.Value, To: value, By: by})
}

// Undo takes back the newest change that is not taken back yet; again, the one before it.
func (s *Steering) Undo(by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return err
	}
	back := map[int]bool{}
	for _, c := range slices.Backward(s.changes[:s.announced]) {
		switch {
		case c.Undo:
			back[c.Of] = true
		case !back[c.ID]:
			return s.add(event.Change{Name: c.Name, From: c.To, To: c.From, By: by, Undo: true, Of: c.ID})
		}
	}
	return errors.New("no change is left to take back: every setting is as the run began with it")
}

// ready refuses changes to a run that makes no steps. The caller holds mu, as of all below.
func (s *Steering) ready() error {
	switch {
	case s.part:
		return errors.New("the run is a shard: its settings stay as they are, since no other shard would have the change")
	case s.state == idle:
		return errors.New("the run makes no steps yet: its settings can change once recover has begun")
	case s.leads && s.next.first > s.last:
		return errors.New("every " + allGiven)
	case s.state == over || s.next.first >= s.last && s.next.step >= s.asked.Steps:
		return errors.New("the run has made its last step: no setting has an effect any more")
	}
	return nil
}

// add makes a change that holds from the next step on. What lay ahead, of a run that has gone back to a checkpoint, is
// given up.
func (s *Steering) add(c event.Change) error {
	c.ID, c.First, c.Step, c.Unix = s.announced+1, s.next.first, s.next.step, time.Now().UnixMilli()
	if c.ID > event.MaxChanges {
		return fmt.Errorf("%s: the run has had %d changes: want no more", c.Name, event.MaxChanges)
	}
	list := append(slices.Clone(s.changes[:s.announced]), c)
	if s.keep != nil {
		if err := s.keep(list); err != nil {
			return fmt.Errorf("%s: not changed, because the change cannot be kept: %w", c.Name, err)
		}
	}
	if n := len(s.changes) - s.announced; n > 0 {
		s.emit(event.Log{Level: event.Warning, Text: fmt.Sprintf("%d changes from before the run was stopped, of steps after this one, are given up for a new one", n)})
	}
	s.changes = list
	s.announce("")
	return nil
}

// announce emits the changes that have come into force, and the settings in force.
func (s *Steering) announce(how string) {
	for s.announced < len(s.changes) && !s.next.before(placeOf(s.changes[s.announced])) {
		c := s.changes[s.announced]
		s.announced++
		s.emit(c)
		s.emit(event.Log{Text: fmt.Sprintf("setting %s: %g -> %g after step %d of classes %d and on, by %s%s", c.Name, c.From, c.To, c.Step, c.First, c.By, how)})
	}
	now := event.Settings{Changes: s.announced, Step: s.next.step, First: s.next.first, Groups: s.leads}
	for i, p := range s.at(s.next).Live() {
		b, why := s.bounds[i], s.without(p)
		now.List = append(now.List, event.Setting{
			Name: p.Name, Label: p.Label, Symbol: p.Symbol, Group: p.Group, Help: p.Help, Value: p.Value, Default: b.Value,
			Min: b.Min, Max: b.Max, Log: p.Log, Whole: p.Whole, Active: why == "", Reason: why,
		})
	}
	s.emit(now)
}

const allGiven = "group of classes is begun: no setting has an effect any more"

// without says why a change from the next step on has no effect, "" where it has one.
func (s *Steering) without(p recipe.Parameter) string {
	if s.leads && s.next.first > s.last {
		return "every " + allGiven
	}
	connects := p.Name == "alpha" || p.Name == "drc.lambda"
	if p.Idle == "" && connects && s.next.first >= s.last && s.next.step >= s.asked.Stage(s.asked.Stages-1).First {
		return "the run has made its last residual connection"
	}
	return p.Idle
}

// at is the recipe in force at a step.
func (s *Steering) at(p place) recipe.Recipe {
	r := s.asked
	for _, c := range s.changes {
		if p.before(placeOf(c)) {
			break
		}
		if p, err := recipe.Find(s.bounds, c.Name); err == nil { // start and Set have checked it
			r = p.With(r, c.To)
		}
	}
	return r
}

// start checks the changes of before against the recipe of a run that recovers so many classes from first on, of all.
func (s *Steering) start(asked recipe.Recipe, first, classes, all int, emit func(event.Event)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.bounds, s.emit = asked, asked.Live(), emit
	s.last, s.part = (first+classes-1)/asked.Group*asked.Group, classes < all
	s.announced, s.state = 0, idle
	const mend = "take it and those behind it off the list that the run keeps"
	var at place
	for i, c := range s.changes {
		if err := event.Check(c); err != nil {
			return fmt.Errorf("recover: changes of this run: %w; %s", err, mend)
		}
		p, err := recipe.Find(s.bounds, c.Name)
		if err == nil {
			err = p.Check(c.To)
		}
		if err == nil && (c.ID != i+1 || placeOf(c).before(at) || c.First > s.last || c.Step > asked.Steps) {
			err = fmt.Errorf("number %d, step %d of the classes from %d on: want number %d, no earlier than the change before it, step 0 to %d, classes from 0 to %d on",
				c.ID, c.Step, c.First, i+1, asked.Steps, s.last)
		}
		if err != nil {
			return fmt.Errorf("recover: changes of this run: change %d: %v; %s", i+1, err, mend) // no error of the recipe that was asked for
		}
		at = placeOf(c)
	}
	return nil
}

// Lead has s steer a run, after Restore, of so many classes whose groups others recover at the same time, each by the changes that Give
// returns. A change then holds from the first group on that is not given out, from its first step.
func (s *Steering) Lead(asked recipe.Recipe, classes int, emit func(event.Event)) error {
	if err := s.start(asked, 0, classes, classes, emit); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.leads, s.state = place{}, true, going
	if n := len(s.changes); n > 0 {
		if s.next = (place{s.changes[n-1].First, 0}); s.changes[n-1].Step > 0 { // of a run that one process began
			s.next.first += asked.Group
		}
	}
	s.announce("")
	return nil
}

// Give gives out the group of classes that begins with first, and returns the changes by which it is recovered. Later ones do not hold for
// it, whoever recovers it, nor for groups before it.
func (s *Steering) Give(first int) []event.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after := (place{first + s.asked.Group, 0}); s.next.before(after) {
		s.next = after
		s.announce("")
	}
	return ChangesUntil(s.changes, first)
}

// Changes are those that hold for the group of classes that begins with first, as they are now.
func (s *Steering) Changes(first int) []event.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ChangesUntil(s.changes, first)
}

// ChangesUntil are those of a run's changes that hold for the group of classes that begins with first, or a part of it; nil for none.
func ChangesUntil(list []event.Change, first int) (until []event.Change) {
	for _, c := range list {
		if c.First > first {
			break
		}
		until = append(until, c)
	}
	return until
}

// begin gives the recipe in force before a step that a stage begins or continues with, and announces the settings from it on.
func (s *Steering) begin(first, step int) recipe.Recipe {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := ""
	switch {
	case s.part:
		again = ", as in the whole run"
	case s.state == idle:
		again = ", from before the run was stopped"
	}
	s.next, s.state = place{first, step}, going
	s.announce(again)
	return s.at(place{first, step - 1})
}

// take begins a step and gives its recipe: later changes hold from the next one on.
func (s *Steering) take(first, step int) recipe.Recipe {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = place{first, step + 1}
	if s.announced < len(s.changes) && !s.next.before(placeOf(s.changes[s.announced])) {
		s.announce(", again")
	}
	return s.at(place{first, step})
}

// end refuses changes from now on.
func (s *Steering) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == going {
		s.state = over
	}
}
