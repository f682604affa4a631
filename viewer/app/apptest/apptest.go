// Package apptest drives a viewer in tests.
//
//	v := apptest.Small()
//	apptest.Show(t, v, apptest.Values{"scene": "images"})
//	words := apptest.PanelText(t, v)
package apptest

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/eventtest"
	"reta/viewer/figure"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

// Values are parameters of a view, by name.
type Values = map[string]any

// Palette is a colour for each role, each another one.
func Palette() map[string]string {
	p := map[string]string{}
	for i, role := range strings.Fields("bg surface sunken ink muted line accent real syn anchor ce bn topo total group1 group2 group3 group4 group5 group6 group7 group8") {
		p[role] = "#0000" + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16])
	}
	return p
}

// Show sends the viewer a view of the page, with some values changed.
func Show(t *testing.T, v *app.Viewer, values map[string]any, open ...string) {
	t.Helper()
	all := v.View.Values()
	for name, value := range values {
		if _, known := view.Specs()[name]; !known {
			t.Fatalf("no parameter %q", name)
		}
		all[name] = value
	}
	data, err := json.Marshal(map[string]any{"rev": v.View.Rev + 1, "values": all, "env": map[string]any{"palette": Palette(), "open": open}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SetView(data); err != nil {
		t.Fatal(err)
	}
}

// Small is a viewer of a run of two classes, three images each.
func Small() *app.Viewer {
	v := app.New()
	v.Link.State = "open"
	Apply(&v.Live, 0, event.Hello{Run: "r", Dataset: "d", Recipe: "reta", Classes: []string{"cat", "dog"}, IPC: 3, Width: 2, Height: 2, Steps: 20, Stages: 2, Control: true},
		event.Status{State: event.Recovering, Phase: "recover", Done: 12, Total: 20, Step: 12, StepsPerSecond: 2, ETASeconds: 4},
		eventtest.Image(0, 0, 3, 10), eventtest.Image(1, 0, 3, 12))
	Apply(&v.Live, 100, eventtest.Residual(0, 0, 0, 1, 2))
	var m event.Metrics
	for i := 1; i <= 12; i++ {
		topo := float32(math.NaN())
		if i%5 == 0 {
			topo = 1 / float32(i)
		}
		m.Points = append(m.Points, event.Point{Step: i, Stage: i / 11, CE: 3 / float32(i), BN: 40 / float32(i), Topo: topo, Total: 4 / float32(i)})
	}
	Apply(&v.Live, 100, m, event.StageEnd{Stage: 0, Step: 10, Anchors: 6}, event.Cloud{Step: 12, Class: 1, K: 2, EpsMax: 2,
		Explained: [2]float32{0.5, 0.25}, Real: eventtest.Square(), Syn: eventtest.Square(), Kappa: [2]float32{0.1, 0.2}, Active: true})
	return v
}

// PanelText is the panel as the page gets it.
func PanelText(t *testing.T, v *app.Viewer) string {
	t.Helper()
	data, err := json.Marshal(v.Panel())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// MustSay checks that words hold every text that is wanted.
func MustSay(t *testing.T, when, words string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(words, w) {
			t.Errorf("%s: %q is not in %s", when, w, words)
		}
	}
}

// Settle updates the viewer at a time, until nothing is loading.
func Settle(t *testing.T, v *app.Viewer, now float64, acts ...ui.Act) {
	t.Helper()
	v.Update(ui.Input{Now: now, Acts: acts})
	for range 1000 {
		v.Update(ui.Input{Now: now})
		if reading, _ := v.Time.Reading(); !reading {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the state does not load")
}

// SettlePast updates the viewer until the open scene has read the earlier images of the chosen class.
func SettlePast(t *testing.T, v *app.Viewer) {
	t.Helper()
	for range 1000 {
		v.Update(ui.Input{})
		if _, reading := v.Time.Reading(); !reading {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the past does not load")
}

// PastSteps is the steps of the pictures that the page has of an image's past.
func PastSteps(v *app.Viewer, class, i int) (steps []int) {
	for _, p := range v.Time.Places(class, i, 99) {
		if p.Picture != nil {
			steps = append(steps, p.Step)
		}
	}
	return steps
}

// Pixel is the first byte of the first image that is shown.
func Pixel(v *app.Viewer) byte { return v.Context().Tile(0, 0).Picture.Pix[0] }

// WithCloud is a viewer of a run with a computed cloud of class 1, drawn once.
func WithCloud(t *testing.T, w, h float64, view Values) (*app.Viewer, *uitest.Recorder) {
	t.Helper()
	v := Small()
	Apply(&v.Live, 100, eventtest.RingCloud(t, 1, 12, 40, 0.6))
	view["class"] = 1
	Show(t, v, view)
	canvas := &uitest.Recorder{W: w, H: h}
	v.Draw(canvas, 200)
	v.Update(ui.Input{Now: 300})
	return v, canvas
}

// BarPlace is a place on a bar of a barcode, found by asking it.
func BarPlace(t *testing.T, code *figure.Barcode, w, h float64, bar int) ui.Point {
	t.Helper()
	for y := 0.0; y < h; y += 0.5 {
		for x := 0.0; x < w; x += 4 {
			if p := (ui.Point{X: x, Y: y}); code.BarAt(p) == bar {
				return p
			}
		}
	}
	t.Fatalf("bar %d is nowhere", bar)
	return ui.Point{}
}

// Apply gives a state events of run 7 at a clock time.
func Apply(s *state.State, now float64, events ...event.Event) {
	for _, e := range events {
		s.Apply(event.Message{Run: 7, Step: event.Step(e), Event: e}, now)
	}
}
