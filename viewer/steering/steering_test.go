package steering

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/panel"
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

// The panel says from where on a change holds: where groups are made at the same time, from which class.
func TestPanelSaysFromWhere(t *testing.T) {
	live := &state.State{Hello: event.Hello{Control: true, Classes: []string{"circle", "square"}}, Settings: event.Settings{First: 1, List: []event.Setting{{Name: "lr", Max: 1, Active: true}}}}
	w := New(live, Host{Reach: func() (bool, bool) { return false, true }})
	for groups, want := range map[bool]string{false: "from the next step on", true: "that is not begun (square and on)"} {
		live.Settings.Groups = groups
		if !slices.ContainsFunc(w.Panel(live, 0), func(b panel.Block) bool {
			n, ok := b.(panel.Note)
			return ok && strings.Contains(string(n), want)
		}) {
			t.Errorf("groups %v: the panel does not say %q", groups, want)
		}
	}
}
