package steering

import (
	"fmt"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// auditRows is how many of the newest changes are listed.
const auditRows = 100

// Panel is the part of the page that changes the settings at clock time now; nothing where there are none. It lists the
// changes of the whole run.
func (w *Steering) Panel(s *state.State, now float64) panel.Panel {
	w.dropApplied(now)
	file, _ := w.host.Reach()
	if len(s.Settings.List) == 0 && len(s.Changes) == 0 || file && len(s.Changes) == 0 {
		return nil
	}
	var out panel.Panel
	locked := w.locked()
	if locked != "" {
		out = append(out, panel.Reason(locked))
	} else {
		from := "the next step on"
		if s := w.live.Settings; s.Groups {
			from = "the first group of classes on that is not begun (" + panel.Plain(w.live.ClassName(s.First)) + " and on)"
		}
		out = append(out, panel.Note("A change holds from "+from+", for everyone who watches, and stays in the run's record. The tick under a slider is the value the run began with."))
	}
	if why := w.refused; why != "" {
		out = append(out, panel.Reason("Not changed: "+panel.Plain(why)))
	}
	switch {
	case file:
	case locked != "" && locked != outOfReach:
		out = append(out, valueTable(s.Settings.List))
	default:
		out = append(out, w.sliders(locked != "")...)
	}
	return append(out, changeTable(s)...)
}

// valueTable are settings that cannot be changed.
func valueTable(list []event.Setting) panel.Table {
	t := panel.Table{Head: []string{"Setting", "now", "began with"}, Chosen: -1}
	for i := range list {
		s := (*setting)(&list[i])
		t.Rows = append(t.Rows, []string{panel.Plain(state.LongName((*event.Setting)(s))), ui.Number(s.Value), ui.Number(s.Default)})
	}
	return t
}

// sliders are the settings as controls, those of one group together.
func (w *Steering) sliders(locked bool) panel.Panel {
	out := panel.Panel{panel.Buttons{w.undo(locked)}}
	exact := panel.Details{ID: "exact", Label: "Type a value"}
	group := ""
	for i := range w.live.Settings.List {
		s := (*setting)(&w.live.Settings.List[i])
		if s.Group != group {
			group = s.Group
			out = append(out, panel.Heading(panel.Plain(capital(group))))
		}
		out = append(out, w.slider(s, locked))
		n := panel.Number{ID: "exact-" + s.Name, Label: panel.Plain(state.ShortName((*event.Setting)(s))), Min: s.Min, Max: s.Max, Value: w.shownValue(s), Act: "set:" + s.Name, Disabled: locked || !s.Active}
		if s.Whole {
			n.Step = 1
		}
		exact.Blocks = append(exact.Blocks, n)
	}
	return append(out, exact)
}

// undo is the button that takes the newest change back, and says which that is.
func (w *Steering) undo(locked bool) panel.Button {
	stack := w.undoable()
	if len(stack) == 0 {
		return panel.Button{Act: "steer:undo", Label: "Undo", Title: "No change is left to take back", Disabled: true}
	}
	c := stack[len(stack)-1]
	return panel.Button{Act: "steer:undo", Label: "Undo " + w.live.ChangeText(c), Disabled: locked,
		Title: fmt.Sprintf("Takes %s back to %s, as a change of its own", w.live.SettingName(c.Name), ui.Number(c.From))}
}

func (w *Steering) slider(s *setting, locked bool) panel.Card {
	value := w.shownValue(s)
	r := panel.Range{ID: "set-" + s.Name, Label: panel.Plain(state.ShortName((*event.Setting)(s))), Min: s.Min, Max: s.Max, Value: s.position(value), Act: "slide:" + s.Name,
		Text: ui.Number(value), Ticks: []panel.Tick{{At: s.position(s.Default), Role: "muted"}}, Help: panel.Plain(s.Help), Disabled: locked || !s.Active}
	if s.Whole {
		r.Step = 1
	}
	if scale, ok := s.logScale(); ok {
		r.Min, r.Max, r.Step, r.Ends = 0, 1, 0, []float64{s.Min, scale.Min, scale.Max}
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
	return panel.Card{ID: "setting-" + s.Name, Title: panel.Plain(capital(state.LongName((*event.Setting)(s)))), Blocks: panel.Panel{r},
		Buttons: []panel.Button{{Act: "set:" + s.Name, Arg: strconv.FormatFloat(s.Default, 'g', -1, 64), Label: "Reset",
			Name:  fmt.Sprintf("Reset %s to %s", state.LongName((*event.Setting)(s)), ui.Number(s.Default)),
			Title: "Back to " + ui.Number(s.Default) + ", which the run began with", Disabled: r.Disabled || value == s.Default}}}
}

// changeTable lists what was changed, newest first; a row moves the timeline there.
func changeTable(s *state.State) panel.Panel {
	list := s.ChangesInForce()
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
		words := s.ChangeText(c)
		switch {
		case c.Undo:
			words += " (undo)"
		case back[c.ID]:
			words += " (taken back)"
		}
		step := strconv.Itoa(c.Step)
		if c.First > 0 {
			step += ", " + s.ClassName(c.First) + " on"
		}
		t.Rows = append(t.Rows, []string{panel.Plain(step), panel.Plain(words), panel.Plain(c.By)})
		t.Args = append(t.Args, strconv.Itoa(c.Step))
	}
	return panel.Panel{t}
}

// capital is s with a capital at its beginning.
func capital(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
