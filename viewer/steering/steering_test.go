package steering

import (
	"math"
	"testing"

	"reta/shared/event"
	"reta/viewer/state"
)

// A slider's place and the value it stands for are each other's inverse, for settings by differences and by ratios.
func TestSlidersGoThereAndBack(t *testing.T) {
	live := &state.State{Settings: event.Settings{List: []event.Setting{
		{Name: "drc.lambda", Max: 1},
		{Name: "lr", Default: 0.1, Max: 1, Log: true},
		{Name: "pta.every", Min: 1, Max: 20, Log: true, Whole: true},
	}}}
	w := New(live, Host{})
	for i := range live.Settings.List {
		s := (*setting)(&live.Settings.List[i])
		if low, high := s.valueAt(s.position(s.Min)), s.valueAt(s.position(s.Max)); low != s.Min || math.Abs(high-s.Max) > 1e-12*s.Max {
			t.Errorf("%s: the slider's ends are %v and %v, want %v and %v", s.Name, low, high, s.Min, s.Max)
		}
		if x := (s.Min + s.Max) / 3; math.Abs(s.valueAt(s.position(x))-x) > 1e-12 {
			t.Errorf("%s: %v comes back as %v", s.Name, x, s.valueAt(s.position(x)))
		}
	}
	every := w.setting("pta.every")
	if x := every.clamp(every.round(every.valueAt(0.5))); x != 4 { // sqrt(20) = 4.47
		t.Errorf("half way from 1 to 20 by ratios is %v, want 4", x)
	}
}
