package scene

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"reta/shared/event"
	"reta/viewer/panel"
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
	auditRows = 100  // newest changes that are listed
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
			x = s.at(x)
		}
		x = s.round(x)
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

// locked says why no setting can be changed, "" where they can.
func (v *Viewer) locked() string {
	switch state := v.Live.Status.State; {
	case v.time.file:
		return "A recording cannot be steered."
	case !v.Live.Hello.Control:
		return "This link may look, not steer."
	case state == event.Done || state == event.Failed:
		return "The run is over: no setting has an effect any more."
	case v.Link.State != "open":
		return "The connection to the run is lost: its settings can be changed once it is back."
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

// round is a value inside the bounds, to three digits, or a whole one.
func (s *setting) round(x float64) float64 {
	if s.Whole {
		x = math.Round(x)
	} else if y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64); err == nil && x != s.Default {
		x = y
	}
	return min(max(x, s.Min), s.Max)
}

// sign is what a setting is called in few letters.
func (s *setting) sign() string {
	if s != nil && s.Symbol != "" {
		return s.Symbol
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

// steer is the part of the page that changes the run's settings; nothing where there are none.
func (v *Viewer) steer() panel.Panel {
	v.settleAsked(v.now)
	s := v.whole()
	if len(s.Settings.List) == 0 && len(s.Changes) == 0 || v.time.file && len(s.Changes) == 0 {
		return nil
	}
	var out panel.Panel
	locked := v.locked()
	if locked != "" {
		out = append(out, panel.Reason(locked))
	} else {
		out = append(out, panel.Note("A change holds from the next step on, for everyone who watches, and stays in the run's record. The tick under a slider is the value the run began with."))
	}
	if why := v.steering.refused; why != "" {
		out = append(out, panel.Reason("Not changed: "+panel.Plain(why)))
	}
	switch {
	case v.time.file:
	case locked != "" && v.Link.State == "open":
		out = append(out, readings(s.Settings.List))
	default:
		out = append(out, v.sliders(locked != "")...)
	}
	return append(out, audit(s)...)
}

// readings are settings that cannot be changed.
func readings(list []event.Setting) panel.Table {
	t := panel.Table{Head: []string{"Setting", "now", "began with"}, Chosen: -1}
	for i := range list {
		s := (*setting)(&list[i])
		t.Rows = append(t.Rows, []string{panel.Plain(s.title()), ui.Number(s.Value), ui.Number(s.Default)})
	}
	return t
}

// sliders are the settings as controls, those of one group together.
func (v *Viewer) sliders(locked bool) panel.Panel {
	var out panel.Panel
	exact := panel.Details{ID: "exact", Label: "Type a value"}
	group := ""
	for i := range v.Live.Settings.List {
		s := (*setting)(&v.Live.Settings.List[i])
		if s.Group != group {
			group = s.Group
			out = append(out, panel.Heading(panel.Plain(capital(group))))
		}
		out = append(out, v.slider(s, locked))
		n := panel.Number{ID: "exact-" + s.Name, Label: panel.Plain(s.sign()), Min: s.Min, Max: s.Max, Value: v.present(s), Act: "set:" + s.Name, Disabled: locked || !s.Active}
		if s.Whole {
			n.Step = 1
		}
		exact.Blocks = append(exact.Blocks, n)
	}
	undo := panel.Button{Act: "steer:undo", Label: "Undo", Title: "No change is left to take back", Disabled: true}
	if stack := v.standing(); len(stack) > 0 {
		c := stack[len(stack)-1]
		undo = panel.Button{Act: "steer:undo", Label: "Undo " + v.Live.said(c), Disabled: locked,
			Title: fmt.Sprintf("Takes %s back to %s, as a change of its own", v.Live.signOf(c.Name), ui.Number(c.From))}
	}
	return append(out, panel.Buttons{undo}, exact)
}

func (v *Viewer) slider(s *setting, locked bool) panel.Card {
	value := v.present(s)
	r := panel.Range{ID: "set-" + s.Name, Label: panel.Plain(s.sign()), Min: s.Min, Max: s.Max, Value: s.place(value), Act: "set:" + s.Name,
		Text: ui.Number(value), Ticks: []panel.Tick{{At: s.place(s.Default), Role: "muted"}}, Help: panel.Plain(s.Help), Disabled: locked || !s.Active}
	if s.Whole {
		r.Step = 1
	}
	if scale, ok := s.ratio(); ok {
		r.Act, r.Min, r.Max, r.Step, r.Ends = "slide:"+s.Name, 0, 1, 0, []float64{s.Min, scale.Min, scale.Max}
	}
	switch {
	case value != s.Value:
		r.Text += ", asked for"
	case value != s.Default:
		r.Text += ", began with " + ui.Number(s.Default)
	}
	if !s.Active && s.Reason != "" {
		r.Help = "No effect: " + panel.Plain(s.Reason) + "."
	}
	return panel.Card{ID: "setting-" + s.Name, Title: panel.Plain(capital(s.title())), Blocks: panel.Panel{r},
		Buttons: []panel.Button{{Act: "set:" + s.Name, Arg: strconv.FormatFloat(s.Default, 'g', -1, 64), Label: "Reset",
			Name:  fmt.Sprintf("Reset %s to %s", s.title(), ui.Number(s.Default)),
			Title: "Back to " + ui.Number(s.Default) + ", which the run began with", Disabled: r.Disabled || value == s.Default}}}
}

// audit lists what was changed, newest first; a row moves the timeline there.
func audit(s *State) panel.Panel {
	list := s.changes()
	if len(list) == 0 {
		return nil
	}
	back := map[int]bool{}
	for _, c := range list {
		back[c.Of] = true
	}
	t := panel.Table{ID: "changes", Caption: "Changes", Head: []string{"Step", "Change", "By"}, Act: "time:seek", Chosen: -1, Scroll: true}
	slices.Reverse(list)
	for _, c := range list[:min(len(list), auditRows)] {
		words := s.said(c)
		switch {
		case c.Undo:
			words += " (undo)"
		case back[c.ID]:
			words += " (taken back)"
		}
		step := itoa(c.Step)
		if c.First > 0 {
			step += ", " + s.ClassName(c.First) + " on"
		}
		t.Rows = append(t.Rows, []string{panel.Plain(step), panel.Plain(words), panel.Plain(c.By)})
		t.Args = append(t.Args, itoa(c.Step))
	}
	return panel.Panel{t}
}

// changeMarks are the changes as the timeline shows them.
func (s *State) changeMarks() []Mark {
	var out []Mark
	for _, c := range s.changes() {
		words := s.said(c)
		if c.Undo {
			words += ", taken back"
		}
		out = append(out, Mark{c.Step, "change", words})
	}
	return out
}

// capital is s with a capital at its beginning.
func capital(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
