package scene

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/viewer/ui"
)

// steering is what the user asked of the run's settings and has not seen carried out yet.
type steering struct {
	asked   []ask  // oldest first
	refused string // why the newest request was, "" after one that was not
}

// ask is a setting to be changed, or without a name the newest change to be taken back.
type ask struct {
	id    uint64 // of the control
	name  string
	value float64
	after int     // newest change in force when it was asked
	until float64 // once it is granted: when to stop waiting for the change itself, clock seconds
}

const (
	patience  = 3.0  // from a grant to the change it grants, seconds
	ratioSpan = 10e3 // a slider that goes by ratios down to 0 begins at this part of its end
)

// steerAct does what the settings' controls ask: set:NAME with a value, slide:NAME with the place of a slider, and
// steer:undo. An argument that is no number, a setting there is none of and a run out of reach change nothing.
func (v *Viewer) steerAct(group, name, arg string) {
	if v.locked() != "" {
		return
	}
	a := ask{after: v.Live.Settings.Changes}
	c := event.Control{Op: event.Undo}
	if group != "steer" {
		s := v.setting(name)
		x, err := strconv.ParseFloat(arg, 64)
		if s == nil || err != nil || x-x != 0 {
			return
		}
		if group == "slide" {
			x = s.round(s.at(x))
		}
		x = s.within(x)
		if x == v.present(s) {
			return
		}
		a.name, a.value = name, x
		c = event.Control{Op: event.SetValue, Name: name, Value: x}
	} else if name != "undo" || len(v.standing()) == 0 {
		return
	}
	v.steering.refused = ""
	v.Control(c)
	a.id = v.id
	v.steering.asked = append(v.steering.asked, a)
}

// outOfReach is why settings cannot be changed for now.
const outOfReach = "The connection to the run is lost: its settings can be changed once it is back."

// locked says why no setting can be changed, "" where they can.
func (v *Viewer) locked() string {
	switch state := v.Live.Status.State; {
	case v.time.file:
		return "A recording cannot be steered. These are the changes of its run."
	case !v.Live.Hello.Control:
		return "This link may look, not steer."
	case state == event.Done || state == event.Failed:
		return "The run is over: no setting has an effect any more."
	case v.Link.State != "open":
		return outOfReach
	}
	return ""
}

// steered takes in the answer to a change or an undo, and reports whether it was one.
func (v *Viewer) steered(ack event.Ack, now float64) bool {
	w := &v.steering
	i := slices.IndexFunc(w.asked, func(a ask) bool { return a.id == ack.ID })
	if i < 0 {
		return false
	}
	if ack.OK {
		w.asked[i].until = now + patience
		return true
	}
	w.refused = ack.Error
	v.Say("Not changed: "+ack.Error, true)
	w.asked = slices.Delete(w.asked, i, i+1)
	return true
}

// settleAsked forgets what has been carried out.
func (v *Viewer) settleAsked(now float64) {
	v.steering.asked = slices.DeleteFunc(v.steering.asked, func(a ask) bool {
		return a.until > 0 && (now > a.until || v.carriedOut(a))
	})
}

func (v *Viewer) carriedOut(a ask) bool {
	s := &v.Live
	for _, c := range s.Changes {
		if c.ID > a.after && c.ID <= s.Settings.Changes && (a.name == "" && c.Undo || a.name == c.Name && a.value == c.To) {
			return true
		}
	}
	now := v.setting(a.name)
	return a.name != "" && (now == nil || now.Value == a.value)
}

// setting is one number of the run's, as a slider shows it.
type setting event.Setting

func (v *Viewer) setting(name string) *setting {
	for i, s := range v.Live.Settings.List {
		if s.Name == name {
			return (*setting)(&v.Live.Settings.List[i])
		}
	}
	return nil
}

// ratio is the scale of a slider from 0 to 1 that goes by ratios; ok is false for one that goes by differences.
func (s *setting) ratio() (scale ui.Scale, ok bool) {
	foot := s.Min
	if foot == 0 {
		foot = s.Max / ratioSpan
	}
	return ui.Scale{Min: foot, Max: s.Max, Log: true}, s.Log && foot > 0 && s.Max > foot
}

// place is where the slider stands for a value.
func (s *setting) place(value float64) float64 {
	scale, ok := s.ratio()
	switch {
	case !ok:
		return value
	case value <= scale.Min:
		return 0
	}
	return min(scale.At(value), 1)
}

// at is the value that a place of the slider stands for; its left end is the least there is.
func (s *setting) at(place float64) float64 {
	scale, ok := s.ratio()
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

// within is a value moved to what the setting can be.
func (s *setting) within(x float64) float64 {
	if s.Whole {
		x = math.Round(x)
	}
	return min(max(x, s.Min), s.Max)
}

// sign is what a setting is called in few letters.
func (s *setting) sign() string {
	if s != nil && s.Symbol != "" {
		return strings.ReplaceAll(s.Symbol, "_", " ")
	}
	return s.title()
}

func (s *setting) title() string {
	if s == nil {
		return ""
	}
	if s.Label != "" {
		return s.Label
	}
	return s.Name
}

// present is a setting's value, or the one that was asked for last.
func (v *Viewer) present(s *setting) float64 {
	for _, a := range slices.Backward(v.steering.asked) {
		if a.name == s.Name {
			return a.value
		}
	}
	return s.Value
}

// changes are those in force of a run, oldest first; of a recording, of its whole run.
func (s *State) changes() []event.Change {
	list := slices.SortedFunc(maps.Values(s.Changes), func(a, b event.Change) int { return a.ID - b.ID })
	i := slices.IndexFunc(list, func(c event.Change) bool { return c.ID > s.Settings.Changes })
	if i >= 0 {
		return list[:i]
	}
	return list
}

// standing are the changes that no undo has taken back, oldest first, as they will be when all that was asked is done:
// the next undo takes back the last one.
func (v *Viewer) standing() []event.Change {
	var stack []event.Change
	for _, c := range v.Live.changes() {
		if c.Undo {
			stack = slices.DeleteFunc(stack, func(d event.Change) bool { return d.ID == c.Of })
		} else {
			stack = append(stack, c)
		}
	}
	value := map[string]float64{}
	for _, s := range v.Live.Settings.List {
		value[s.Name] = s.Value
	}
	for _, a := range v.steering.asked {
		switch {
		case v.carriedOut(a):
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

// said is a change in few letters.
func (s *State) said(c event.Change) string {
	return fmt.Sprintf("%s %s → %s", s.signOf(c.Name), ui.Number(c.From), ui.Number(c.To))
}

func (s *State) signOf(name string) string {
	for i := range s.Settings.List {
		if s.Settings.List[i].Name == name {
			return (*setting)(&s.Settings.List[i]).sign()
		}
	}
	return name
}
