package state

import (
	"math"
	"testing"

	"reta/shared/event"
	"reta/viewer/eventtest"
)

func TestEvaluationIsOfItsTrials(t *testing.T) {
	var s State
	e := &s.Evaluation
	list := eventtest.Trials()
	apply(&s, 0, list, event.Curve{Trial: 0, Points: []event.CurvePoint{{Epoch: 1}}}, event.Curve{Trial: 1, Points: []event.CurvePoint{{Epoch: 1}}},
		event.Confusion{Trial: 0, Trials: 2, Correct: []uint32{1}, Total: []uint32{2}}, event.Mistakes{Trial: 0}, event.Views{Class: 2, Index: 1, Temperature: 20})
	if len(e.Curve(0)) != 1 || len(e.Curve(1)) != 1 || e.Curve(-1) != nil || e.Curve(99) != nil {
		t.Errorf("curves of %d and %d points", len(e.Curve(0)), len(e.Curve(1)))
	}
	if c, ok := e.Confusion(0); !ok || c.Trials != 2 || e.Views[[2]int{2, 1}].Temperature != 20 {
		t.Errorf("confusion %+v, views %+v", c, e.Views)
	}
	if _, ok := e.Mistakes(1); ok {
		t.Error("mistakes of trials that told none")
	}

	more := list // the same trials, further on
	more.List = append([]event.Trial(nil), list.List...)
	more.List[0].Epoch, more.List[0].Last = more.List[0].Epochs, 0.75
	apply(&s, 0, more)
	if len(e.Curve(0)) != 1 || e.Trials.List[0].Last != 0.75 {
		t.Error("a trial that goes on lost its curve")
	}
	apply(&s, 0, event.Confusion{Trial: 1, Correct: []uint32{1}, Total: []uint32{2}}, event.Mistakes{Trial: 1, IDs: []string{"a"}}, event.Confusion{Trial: 1})
	_, confused := e.Confusion(1)
	if _, mistaken := e.Mistakes(1); confused || mistaken {
		t.Error("what another evaluation took back is still there")
	}
	other := more // another evaluation of the same run
	other.List = append([]event.Trial(nil), more.List...)
	other.List[0].Student, other.List[1].State = "another", event.Planned
	apply(&s, 0, other)
	_, confused = e.Confusion(0)
	_, mistaken := e.Mistakes(0)
	if e.Curve(0) != nil || confused || mistaken {
		t.Error("another trial in the same place has the results of the first")
	}
	if e.Curve(1) != nil {
		t.Error("a trial that has not begun has a curve")
	}
}

func TestTrialsAreBounded(t *testing.T) {
	var s State
	apply(&s, 0, event.Trials{List: make([]event.Trial, MaxTrials+5)})
	if n := len(s.Evaluation.Trials.List); n != MaxTrials {
		t.Errorf("%d trials kept", n)
	}
	odd := event.Trials{List: []event.Trial{{Last: 2, Best: float32(math.Inf(-1)), LastTop5: 0.5}}}
	apply(&s, 0, odd)
	if k := s.Evaluation.Trials.List[0]; k.Last == k.Last || k.Best == k.Best || k.LastTop5 != 0.5 || odd.List[0].Last != 2 {
		t.Errorf("accuracies that are no fractions: %+v, of the event %+v", k, odd.List[0])
	}
	apply(&s, 0, eventtest.Trials())
	if done := s.Evaluation.Finished(); done == 0 || done >= len(s.Evaluation.Trials.List) {
		t.Errorf("%d of %d trials are over: the example has both", done, len(s.Evaluation.Trials.List))
	}
}
