package state

import (
	"math"
	"slices"

	"reta/shared/event"
)

// Evaluation is what students made of the images.
type Evaluation struct {
	Trials     event.Trials
	curves     map[int]event.Curve     // by place in Trials.List
	confusions map[int]event.Confusion // by the first of the trials
	mistakes   map[int]event.Mistakes  // by the first of the trials
	Views      map[[2]int]event.Views  // by class and image
}

// trials takes in a list of trials, whose accuracies are fractions or NaN. What is held of a place where another trial stands
// now is forgotten.
func (e *Evaluation) trials(now event.Trials) {
	now.List = slices.Clone(now.List[:min(len(now.List), MaxTrials)])
	for i := range now.List {
		t := &now.List[i]
		for _, accuracy := range []*float32{&t.Last, &t.LastTop5, &t.Best, &t.BestTop5} {
			if !(*accuracy >= 0 && *accuracy <= 1) {
				*accuracy = float32(math.NaN())
			}
		}
	}
	for i, t := range e.Trials.List {
		if i < len(now.List) && t.Same(now.List[i]) {
			continue
		}
		delete(e.curves, i)
		delete(e.confusions, i)
		delete(e.mistakes, i)
	}
	e.Trials = now
}

// Curve is the points of a trial of the list so far, none of one that has not begun.
func (e *Evaluation) Curve(trial int) []event.CurvePoint {
	if trial < 0 || trial >= len(e.Trials.List) || e.Trials.List[trial].State == event.Planned {
		return nil
	}
	return e.curves[trial].Points
}

// Confusion is of the trials of which one is the first; ok is false where none was reported.
func (e *Evaluation) Confusion(first int) (event.Confusion, bool) {
	c, ok := e.confusions[first]
	return c, ok
}

// Mistakes are of the trials of which one is the first; ok is false where none were reported.
func (e *Evaluation) Mistakes(first int) (event.Mistakes, bool) {
	m, ok := e.mistakes[first]
	return m, ok
}

// Finished counts the trials of the list that are over.
func (e *Evaluation) Finished() int {
	n := 0
	for _, t := range e.Trials.List {
		if t.State == event.Trained {
			n++
		}
	}
	return n
}
