package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/timeline"
	"reta/viewer/ui"
)

// steered is the small run with three settings, one of which has no effect.
func steered(t *testing.T) *app.Viewer {
	t.Helper()
	v := apptest.Small()
	apptest.Show(t, v, nil)
	tell(v, 0)
	return v
}

// tell says what the settings are once some changes hold.
func tell(v *app.Viewer, changes int, list ...float64) {
	value := []float64{0.5, 0.1, 0}
	copy(value, list)
	v.Receive(event.Message{Run: 7, Event: event.Settings{Changes: changes, List: []event.Setting{
		{Name: "drc.lambda", Label: "complexity weight lambda", Symbol: "λ", Group: "residual connection", Value: value[0], Default: 0.5, Max: 1, Active: true},
		{Name: "lr", Label: "learning rate", Symbol: "η", Group: "optimisation", Value: value[1], Default: 0.1, Max: 1, Log: true, Active: true},
		{Name: "pta.every", Symbol: "T", Group: "alignment", Value: 1, Default: 1, Min: 1, Max: 20, Log: true, Whole: true, Reason: "no topology"},
	}}}, 1)
}

func changed(v *app.Viewer, c event.Change) { v.Receive(event.Message{Run: 7, Event: c}, 1) }

func controls(v *app.Viewer, name, arg string) []event.Control {
	v.Update(ui.Input{Now: 1, Acts: []ui.Act{{Name: name, Arg: arg}}})
	var out []event.Control
	for _, e := range v.TakeEvents() {
		out = append(out, e.(event.Control))
	}
	return out
}

func steerWords(t *testing.T, v *app.Viewer) string {
	t.Helper()
	data, err := json.Marshal(v.Report().Steer)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTwoQuickChangesAreAskedShownAndAnswered(t *testing.T) {
	v := steered(t)
	pause := controls(v, "run:pause", "")
	one, two := controls(v, "set:drc.lambda", "0.7"), controls(v, "slide:lr", "0.5")
	if len(one) != 1 || len(two) != 1 || one[0].Op != event.SetValue || one[0].Name != "drc.lambda" || one[0].Value != 0.7 ||
		two[0].Name != "lr" || two[0].Value != 0.01 || two[0].ID <= one[0].ID {
		t.Fatalf("asked for %+v and %+v", one, two)
	}
	apptest.MustSay(t, "while both wait", steerWords(t, v), `"value":0.7,"text":"0.7, asked for"`, `"value":0.5,"text":"0.01, asked for"`, "Undo η 0.1 → 0.01")

	v.Receive(event.Message{Run: 7, Event: event.Ack{ID: two[0].ID, Error: "lr: the run has made its last step"}}, 2)
	words := steerWords(t, v)
	apptest.MustSay(t, "after a refusal", words, `"value":0.7,"text":"0.7, asked for"`, `"text":"0.1"`, "Not changed: lr: the run has made its last step", "Undo λ 0.5 → 0.7")
	if said := v.TakeAnnouncements(); len(said) != 1 || !said[0].Bad || !strings.Contains(said[0].Text, "its last step") {
		t.Errorf("said %+v", said)
	}
	v.Receive(event.Message{Run: 7, Event: event.Ack{ID: one[0].ID, OK: true}}, 2)
	apptest.MustSay(t, "granted, not told yet", steerWords(t, v), "0.7, asked for")
	changed(v, event.Change{ID: 1, Step: 12, Name: "drc.lambda", From: 0.5, To: 0.7, By: "viewer"})
	tell(v, 1, 0.7)
	apptest.MustSay(t, "carried out", steerWords(t, v), "0.7, began with 0.5", `["12","λ 0.5 → 0.7","viewer"]`)
	if words := steerWords(t, v); strings.Contains(words, "asked for") {
		t.Errorf("still waits: %s", words)
	}

	// Answers to settings are no answers to the run's buttons.
	if r, p := v.Report().Ack, v.Probe().Ack; r.ID != 0 || p.Op != "set" || !p.OK {
		t.Errorf("answers %+v and %+v", r, p)
	}
	v.Receive(event.Message{Run: 7, Event: event.Ack{ID: pause[0].ID, OK: true}}, 2)
	if r := v.Report().Ack; r.Op != "pause" || !r.OK {
		t.Errorf("answer to the button %+v", r)
	}
	if marks := v.Report().Time.Marks; !slices.Contains(marks, timeline.Mark{At: 12, Kind: "change", Text: "λ 0.5 → 0.7"}) {
		t.Errorf("marks %+v", marks)
	}
}

func TestUndoTakesChangesBackInOrder(t *testing.T) {
	v := steered(t)
	apptest.MustSay(t, "without changes", steerWords(t, v), `"label":"Undo","title":"No change is left to take back","disabled":true`)
	if out := controls(v, "steer:undo", ""); len(out) != 0 {
		t.Errorf("without changes it asks for %+v", out)
	}
	for i, c := range []event.Change{
		{Name: "drc.lambda", From: 0.5, To: 0.7}, {Name: "lr", From: 0.1, To: 0.2}, {Name: "lr", From: 0.2, To: 0.1, Undo: true, Of: 2}, {Name: "lr", From: 0.1, To: 0.9},
	} {
		c.ID, c.Step = i+1, 3*i
		changed(v, c)
	}
	tell(v, 3, 0.7) // change 4 was given up
	words := steerWords(t, v)
	apptest.MustSay(t, "an undo before", words, "Undo λ 0.5 → 0.7", "η 0.1 → 0.2 (taken back)", "η 0.2 → 0.1 (undo)")
	if strings.Contains(words, "0.9") {
		t.Errorf("a change that was given up is told: %s", words)
	}
	controls(v, "set:lr", "0.3")
	apptest.MustSay(t, "with one asked for", steerWords(t, v), "Undo η 0.1 → 0.3")
	if out := controls(v, "steer:undo", ""); len(out) != 1 || out[0].Op != event.Undo {
		t.Errorf("undo asks for %+v", out)
	}
	apptest.MustSay(t, "one undo under way", steerWords(t, v), "Undo λ 0.5 → 0.7")
	first := controls(v, "steer:undo", "")
	if len(first) != 1 || len(controls(v, "steer:undo", "")) != 0 {
		t.Error("want one more undo, and none beyond")
	}
	v.Receive(event.Message{Run: 7, Event: event.Ack{ID: first[0].ID, OK: true}}, 1)
	v.Update(ui.Input{Now: 1 + 3 + 1}) // the change that was granted never came
	apptest.MustSay(t, "after waiting", steerWords(t, v), "Undo λ 0.5 → 0.7")
}

func TestWhoMaySteer(t *testing.T) {
	v := steered(t)
	v.Live.Hello.Control = false
	words := steerWords(t, v)
	apptest.MustSay(t, "a link to look", words, "This link is view-only: it cannot change settings.", `["learning rate","0.1","0.1"]`)
	if strings.Contains(words, `"range"`) || len(controls(v, "set:lr", "0.2")) != 0 {
		t.Error("a link to look steers")
	}
	v.Live.Hello.Control, v.Link.State = true, "lost"
	if apptest.MustSay(t, "no connection", steerWords(t, v), "connection to the run is lost", `"disabled":true`); len(controls(v, "set:lr", "0.2")) != 0 {
		t.Error("asks without a connection")
	}
	v.Link.State, v.Live.Status.State = "open", event.Done
	apptest.MustSay(t, "the end", steerWords(t, v), "The run is over")
	if v := apptest.Small(); len(v.Report().Steer) != 0 {
		t.Error("a server without settings is steered")
	}
	v = app.New()
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: eventtest.Recording(t)})
	if len(v.Report().Steer) != 0 {
		t.Error("a recording without changes is steered")
	}
}

func TestSettingsTakeOnlyWhatTheyCanBe(t *testing.T) {
	v := steered(t)
	for _, bad := range [][2]string{{"set:lr", "x"}, {"set:lr", "NaN"}, {"set:lr", "1e999"}, {"set:lr", ""}, {"set:nothing", "1"}, {"slide:lr", "Inf"}, {"set:lr", "0.1"}, {"steer:", ""}} {
		if out := controls(v, bad[0], bad[1]); len(out) != 0 {
			t.Errorf("%v asks for %+v", bad, out)
		}
	}
	if out := controls(v, "set:lr", "7"); len(out) != 1 || out[0].Value != 1 {
		t.Errorf("beyond the bounds: %+v", out)
	}
	if out := controls(v, "set:lr", "0.123456"); len(out) != 1 || out[0].Value != 0.123456 {
		t.Errorf("a typed value becomes %+v", out)
	}
	if out := controls(v, "slide:drc.lambda", "0.123456"); len(out) != 1 || out[0].Value != 0.123 {
		t.Errorf("a slider's place becomes %+v", out)
	}
	apptest.MustSay(t, "no effect", steerWords(t, v), "No effect: no topology.")
	v.Receive(event.Message{Run: 7, Event: event.Hello{Control: true}}, 3)
	if words := steerWords(t, v); strings.Contains(words, "asked for") {
		t.Errorf("waits for an answer over a connection that is gone: %s", words)
	}
}
