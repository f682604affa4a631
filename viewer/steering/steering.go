// Package steering changes the settings of a run from the page: sliders, typed values, undo, and the list of changes.
//
//	w := steering.New(&live, host)
//	w.Act("set", "drc.lambda", "0.2")
//	panel := w.Panel(whole, now)
package steering

import (
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// Steering changes the settings of a run: it keeps what the user asked for and has not seen carried out yet.
type Steering struct {
	live    *state.State
	host    Host
	pending []request // oldest first
	refused string    // why the newest request was, "" after one that was not
}

// Host is what a Steering needs of the program around it.
type Host struct {
	Control func(event.Control) (id uint64)    // asks the run for something
	Say     func(text string, bad bool)        // tells the user something in passing
	Reach   func() (recording, connected bool) // what is shown is a recording; the run can be spoken to
}

// New is the steering of a run, of which live is the newest state.
func New(live *state.State, host Host) *Steering { return &Steering{live: live, host: host} }

// Reset forgets what was asked: answers to an earlier connection will not come.
func (w *Steering) Reset() { w.pending, w.refused = nil, "" }

// Waiting is the number of requests that are not carried out yet.
func (w *Steering) Waiting() int { return len(w.pending) }

// request is a setting to be changed, or without a name the newest change to be taken back.
type request struct {
	id    uint64 // of the control
	name  string
	value float64
	after int     // newest change in force when it was asked
	until float64 // once it is granted: when to stop waiting for the change itself, clock seconds
}

const (
	changeTimeout = 3.0  // from a grant to the change it grants, seconds
	logSliderSpan = 10e3 // a slider that goes by ratios down to 0 begins at this part of its end
)

// Act does what the settings' controls ask: set:NAME with a value, slide:NAME with the place of a slider, and
// steer:undo. An argument that is not a number, an unknown setting and a run that cannot be reached change nothing.
func (w *Steering) Act(group, name, arg string) {
	if w.locked() != "" {
		return
	}
	a := request{after: w.live.Settings.Changes}
	c := event.Control{Op: event.Undo}
	if group != "steer" {
		s := w.setting(name)
		x, err := strconv.ParseFloat(arg, 64)
		if s == nil || err != nil || x-x != 0 {
			return
		}
		if group == "slide" {
			x = s.round(s.valueAt(x))
		}
		x = s.clamp(x)
		if x == w.shownValue(s) {
			return
		}
		a.name, a.value = name, x
		c = event.Control{Op: event.SetValue, Name: name, Value: x}
	} else if name != "undo" || len(w.undoable()) == 0 {
		return
	}
	w.refused = ""
	a.id = w.host.Control(c)
	w.pending = append(w.pending, a)
}

// outOfReach is why settings cannot be changed for now.
const outOfReach = "The connection to the run is lost: its settings can be changed once it is back."

// locked says why no setting can be changed, "" where they can.
func (w *Steering) locked() string {
	recording, connected := w.host.Reach()
	switch state := w.live.Status.State; {
	case recording:
		return "The settings of a recording cannot be changed. These are the changes of its run."
	case !w.live.Hello.Control:
		return "This link is view-only: it cannot change settings."
	case state == event.Done || state == event.Failed:
		return "The run is over: no setting has an effect any more."
	case !connected:
		return outOfReach
	}
	return ""
}

// Answer takes in the answer to a change or an undo, and reports whether it was one.
func (w *Steering) Answer(ack event.Ack, now float64) bool {
	i := slices.IndexFunc(w.pending, func(a request) bool { return a.id == ack.ID })
	if i < 0 {
		return false
	}
	if ack.OK {
		w.pending[i].until = now + changeTimeout
		return true
	}
	w.refused = ack.Error
	w.host.Say("Not changed: "+ack.Error, true)
	w.pending = slices.Delete(w.pending, i, i+1)
	return true
}

// dropApplied forgets what has been carried out.
func (w *Steering) dropApplied(now float64) {
	w.pending = slices.DeleteFunc(w.pending, func(a request) bool {
		return a.until > 0 && (now > a.until || w.applied(a))
	})
}

func (w *Steering) applied(a request) bool {
	s := w.live
	for _, c := range s.Changes {
		if c.ID > a.after && c.ID <= s.Settings.Changes && (a.name == "" && c.Undo || a.name == c.Name && a.value == c.To) {
			return true
		}
	}
	now := w.setting(a.name)
	return a.name != "" && (now == nil || now.Value == a.value)
}

// setting is one number of the run's, as a slider shows it.
type setting event.Setting

func (w *Steering) setting(name string) *setting {
	for i, s := range w.live.Settings.List {
		if s.Name == name {
			return (*setting)(&w.live.Settings.List[i])
		}
	}
	return nil
}

// logScale is the scale of a slider from 0 to 1 that goes by ratios; ok is false for one that goes by differences.
func (s *setting) logScale() (scale ui.Scale, ok bool) {
	foot := s.Min
	if foot == 0 {
		foot = s.Max / logSliderSpan
	}
	return ui.Scale{Min: foot, Max: s.Max, Log: true}, s.Log && foot > 0 && s.Max > foot
}

// position is where the slider stands for a value.
func (s *setting) position(value float64) float64 {
	scale, ok := s.logScale()
	switch {
	case !ok:
		return value
	case value <= scale.Min:
		return 0
	}
	return min(scale.At(value), 1)
}

// valueAt is the value that a place of the slider stands for; its left end is the least there is.
func (s *setting) valueAt(place float64) float64 {
	scale, ok := s.logScale()
	switch {
	case !ok:
		return place
	case place <= 0:
		return s.Min
	}
	return scale.Value(place)
}

// round is a value to three digits: a slider is no finer.
func (s *setting) round(x float64) float64 {
	if y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64); err == nil && x != s.Default {
		return y
	}
	return x
}

// clamp is a value moved to what the setting can be.
func (s *setting) clamp(x float64) float64 {
	if s.Whole {
		x = math.Round(x)
	}
	return min(max(x, s.Min), s.Max)
}

// shownValue is a setting's value, or the one that was asked for last.
func (w *Steering) shownValue(s *setting) float64 {
	for _, a := range slices.Backward(w.pending) {
		if a.name == s.Name {
			return a.value
		}
	}
	return s.Value
}

// undoable are the changes that no undo has taken back, oldest first, as they will be when all that was asked is done:
// the next undo takes back the last one.
func (w *Steering) undoable() []event.Change {
	var stack []event.Change
	for _, c := range w.live.ChangesInForce() {
		if c.Undo {
			stack = slices.DeleteFunc(stack, func(d event.Change) bool { return d.ID == c.Of })
		} else {
			stack = append(stack, c)
		}
	}
	value := map[string]float64{}
	for _, s := range w.live.Settings.List {
		value[s.Name] = s.Value
	}
	for _, a := range w.pending {
		switch {
		case w.applied(a):
		case a.name != "":
			stack = append(stack, event.Change{Name: a.name, From: value[a.name], To: a.value})
			value[a.name] = a.value
		case len(stack) > 0:
			last := stack[len(stack)-1]
			stack, value[last.Name] = stack[:len(stack)-1], last.From
		}
	}
	return stack
}
