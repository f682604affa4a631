package images

import (
	"slices"
	"strings"
	"testing"

	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

// filmPlaces is a place on each picture of the film strip, found by asking it.
func filmPlaces(g *images) (places []ui.Point) {
	before := -1
	for y := 0.0; y < 600 && len(places) == 0; y += 4 {
		for x := 0.0; x < 800; x += 2 {
			p := ui.Point{X: x, Y: y}
			if step, _, ok := g.film.At(p); ok && step != before {
				places, before = append(places, p), step
			}
		}
	}
	return places
}

// Of a recording the strip is read for the chosen class, and a click goes to the step.
func TestARecordingShowsItsPast(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, apptest.Values{"class": 1})
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: eventtest.Recording(t)})
	apptest.Settle(t, v, 0)
	apptest.SettlePast(t, v)
	if got := apptest.PastSteps(v, 1, 0); !slices.Equal(got, []int{0, 5, 10, 15, 20}) {
		t.Fatalf("the past of dog has the steps %v", got)
	}
	if p := v.Time.Places(1, 0, 9)[1]; p.Picture.Pix[0] != 105 {
		t.Errorf("at step 5 it is %d, want 105", p.Picture.Pix[0])
	}
	canvas := &uitest.Recorder{W: 800, H: 600}
	v.Draw(canvas, 0)
	g := v.Scene("images").(*images)
	strip := filmPlaces(g)
	if len(strip) != 5 {
		t.Fatalf("%d pictures in the strip, want 5", len(strip))
	}
	apptest.Settle(t, v, 0)
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: strip[2]})
	apptest.Settle(t, v, 0)
	if v.Context().Step != 10 || apptest.Pixel(v) != 10 {
		t.Errorf("a click on the third leads to step %d, picture %d", v.Context().Step, apptest.Pixel(v))
	}
	v.Draw(canvas, 0)
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: strip[4]})
	if view.Step.Of(&v.View) != -1 {
		t.Errorf("a click on the last leads to step %v, want the end", view.Step.Of(&v.View))
	}
	apptest.Settle(t, v, 0)
	apptest.Show(t, v, apptest.Values{"class": 0}, "past")
	apptest.SettlePast(t, v)
	if words := apptest.PanelText(t, v); !strings.Contains(words, `["5","seen"]`) || !strings.Contains(words, `"time:seek"`) {
		t.Errorf("the past in words: %s", words)
	}
}
