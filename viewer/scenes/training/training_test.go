package training

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

// plotted is the small run's curves, drawn, and the middle of the first plot at a step.
func plotted(t *testing.T, view apptest.Values) (v *app.Viewer, p *training, at func(step float64) ui.Point) {
	t.Helper()
	v = apptest.Small()
	all := apptest.Values{"scene": "training"}
	for name, value := range view {
		all[name] = value
	}
	apptest.Show(t, v, all)
	v.Draw(&uitest.Recorder{W: 800, H: 500}, 200)
	p = v.Scene("training").(*training)
	return v, p, func(step float64) ui.Point {
		a := p.areas[0]
		return ui.Point{X: a.X + a.W*p.x.At(step), Y: a.Y + a.H/2}
	}
}

func TestAClickInAPlotSeeks(t *testing.T) {
	v, _, at := plotted(t, nil)
	v.Update(ui.Input{Inside: true, Pressed: true, Down: true, Pointer: at(5.2)})
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: at(5.2)})
	if step := view.Step.Int(&v.View); step != 5 {
		t.Errorf("went to step %d, want 5", step)
	}
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: at(19)}) // beyond the last reading: the newest
	if step := view.Step.Int(&v.View); step != -1 {
		t.Errorf("went to step %d, want to follow", step)
	}
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: ui.Point{X: 2, Y: 2}})
	if step := view.Step.Int(&v.View); step != -1 {
		t.Errorf("a click beside the plots went to step %d", step)
	}
}

func TestADragShowsTheStepsBetween(t *testing.T) {
	v, p, at := plotted(t, nil)
	v.Update(ui.Input{Inside: true, Pressed: true, Down: true, Pointer: at(11)})
	v.Update(ui.Input{Inside: true, Down: true, Pointer: at(7)})
	canvas := &uitest.Recorder{W: 800, H: 500}
	v.Draw(canvas, 200)
	v.Update(ui.Input{Inside: true, Pointer: at(3.5)})
	if from, to := fromStep.Int(&v.View), toStep.Int(&v.View); from != 3 || to != 11 || view.Step.Int(&v.View) != -1 {
		t.Errorf("shows %d to %d at step %d, want 3 to 11, following", from, to, view.Step.Int(&v.View))
	}
	v.Draw(canvas, 200)
	if p.x.Min != 3 || p.x.Max != 11 {
		t.Errorf("the axis goes from %v to %v", p.x.Min, p.x.Max)
	}
	apptest.MustSay(t, "part of the steps", apptest.PanelText(t, v), "Show all steps, not just 3 to 11")
	v.Update(ui.Input{Acts: []ui.Act{{Name: "reset"}}})
	v.Draw(canvas, 200)
	if p.x.Min != 0 || p.x.Max != 20 {
		t.Errorf("after a reset the axis goes from %v to %v", p.x.Min, p.x.Max)
	}
	// A finger that the page takes over to scroll chose nothing.
	v.Update(ui.Input{Inside: true, Pressed: true, Down: true, Pointer: at(4)})
	v.Update(ui.Input{Pointer: at(9)})
	v.Update(ui.Input{Inside: true, Pointer: at(12)})
	if fromStep.Int(&v.View) != 0 || toStep.Int(&v.View) != 0 {
		t.Error("a cancelled drag changed the axis")
	}
}

// A link may ask for any steps: what cannot be shown is the whole run.
func TestStepsOfALink(t *testing.T) {
	for _, c := range []struct {
		from, to  float64
		low, high float64
	}{{0, 0, 0, 20}, {5, 0, 5, 20}, {0, 8, 0, 8}, {9, 4, 0, 20}, {100, 200, 0, 20}, {4, 1e9, 4, 20}, {6, 6, 0, 20}} {
		_, p, _ := plotted(t, apptest.Values{"from": c.from, "to": c.to, "log": true, "rate": true})
		if p.x.Min != c.low || p.x.Max != c.high {
			t.Errorf("%v to %v shows %v to %v, want %v to %v", c.from, c.to, p.x.Min, p.x.Max, c.low, c.high)
		}
	}
}

func TestPlotsMarkWhatHappened(t *testing.T) {
	count := func(v *app.Viewer) (connections, changes, cursors int) {
		canvas := &uitest.Recorder{W: 800, H: 500}
		apptest.Show(t, v, apptest.Values{"scene": "training"})
		v.Draw(canvas, 200)
		th := v.View.Theme
		for _, line := range strings.Split(canvas.String(), "\n") {
			is := func(call string, c ui.Color) bool {
				return strings.HasPrefix(line, call) && strings.Contains(line, fmt.Sprintf("#%02x%02x%02x/", c.R, c.G, c.B))
			}
			switch {
			case is("polygon", th.Anchor):
				connections++
			case is("triangles", th.Ink):
				changes++
			case is("segments", th.Accent):
				cursors++
			}
		}
		return
	}
	v := apptest.Small()
	if a, b, c := count(v); a != 4 || b != 0 || c != 0 {
		t.Errorf("a live run has %d connections, %d changes, %d cursors in four plots", a, b, c)
	}
	apptest.Apply(&v.Live, 100, event.Change{ID: 1, Step: 3, Name: "lr", To: 1}, event.Settings{Changes: 1})
	if _, b, _ := count(v); b != 4 {
		t.Errorf("%d changes in four plots", b)
	}
	apptest.MustSay(t, "signs", apptest.PanelText(t, v), "residual connection", "a setting was changed")

	v = app.New()
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: eventtest.Recording(t)})
	apptest.Settle(t, v, 1, ui.Act{Name: "time:seek", Arg: "5"})
	if a, _, c := count(v); c != 4 || a != 4 { // the whole run's connections
		t.Errorf("a recording at step 5 has %d connections, %d cursors", a, c)
	}
	apptest.MustSay(t, "a recording", apptest.PanelText(t, v), `"caption":"Step 5"`, "step 5, which you see")
}

func TestLearningRateIsACurveOfItsOwn(t *testing.T) {
	_, p, _ := plotted(t, nil)
	if n := len(p.areas); n != 4 {
		t.Errorf("%d plots, want 4", n)
	}
	v, p, _ := plotted(t, apptest.Values{"rate": true})
	if n := len(p.areas); n != 5 || p.areas[4].W <= p.areas[0].W {
		t.Errorf("%d plots, the last %v wide; want 5 with a wide last one", n, p.areas[len(p.areas)-1].W)
	}
	apptest.MustSay(t, "its reading", apptest.PanelText(t, v), `["Learning rate","0"]`)
}

func TestStagesTellTheirWeightedTerms(t *testing.T) {
	v, _, _ := plotted(t, apptest.Values{"class": 1})
	nan := float32(math.NaN())
	apptest.Apply(&v.Live, 100, event.Diagnosis{Stage: 0, Step: 10, First: 0, Terms: event.Terms{CE: 1.5, BN: 0.25, Topo: nan}, Classes: make([]event.ClassShape, 2)},
		event.Diagnosis{Stage: 0, Step: 10, First: 2, Terms: event.Terms{CE: 9}, Classes: make([]event.ClassShape, 1)})
	apptest.MustSay(t, "stages", apptest.PanelText(t, v), `["1","1.5","0.25","–"]`, "classes of dog", `"act":"time:seek","args":["10"]`)
	apptest.Apply(&v.Live, 100, event.Start{End: event.StageEnd{Resolution: 8, KappaMean: 2.5}, Shape: event.Diagnosis{First: 0, Terms: event.Terms{CE: 3}, Classes: make([]event.ClassShape, 2)}})
	apptest.MustSay(t, "stages with their start", apptest.PanelText(t, v), `["start","8","–","–","2.5","–"]`, `["start","3","0","0"],["1","1.5","0.25","–"]`, `"args":["0","10"]`)
}

func TestRunCardTellsTheMachine(t *testing.T) {
	v, _, _ := plotted(t, nil)
	apptest.Apply(&v.Live, 100, event.Hello{Device: "card *7*", Driver: "d 1", DeviceMemory: 8e9, Steps: 20}, event.Status{State: event.Recovering, StepsPerSecond: 0.25, ETASeconds: 90, MemoryBytes: 2e9})
	words := apptest.PanelText(t, v)
	apptest.MustSay(t, "run", words, `card \\*7\\*`, "2.0 GB of 8.0 GB", "4 s/step", "1:30")
	v.Live.Status.State = event.Done
	if words := apptest.PanelText(t, v); strings.Contains(words, "s/step") {
		t.Errorf("a finished run has a speed: %s", words)
	}
}

// Where readings are missing, no line claims any.
func TestCurvesBreakWhereReadingsAreMissing(t *testing.T) {
	var pts []ui.Point
	for i := range 40 {
		x := float64(i)
		if i >= 20 {
			x += 500
		}
		pts = append(pts, ui.Point{X: x})
	}
	if parts := unbroken(pts, pts); len(parts) != 2 || len(parts[0]) != 20 || parts[1][0].X != 520 {
		t.Errorf("%d parts", len(parts))
	}
	if parts := unbroken(pts[:20], pts[:20]); len(parts) != 1 || len(parts[0]) != 20 {
		t.Errorf("an even series is cut in %d", len(parts))
	}
	if parts := unbroken(pts[:1], pts[:1]); len(parts) != 1 {
		t.Errorf("one reading is cut in %d", len(parts))
	}
}

// Where several make a run in parts, the panel says who makes which.
func TestWhoMakesWhichPart(t *testing.T) {
	v, _, _ := plotted(t, nil)
	if text := fmt.Sprintf("%+v", v.Panel()); strings.Contains(text, "Waiting") {
		t.Errorf("one process makes parts: %s", text)
	}
	apptest.Apply(&v.Live, 100, event.Work{Phase: "recover", Total: 9, Made: 3, Failed: 1, Members: 2, PerHour: 12,
		Parts: []event.Part{{Name: "recover 4/9", By: "desk, *device* 1", State: event.Recovering, Done: 5, Total: 20}, {Name: "recover 5/9", By: "rack", State: event.Loading}}})
	text := fmt.Sprintf("%+v", v.Panel())
	for _, want := range []string{"{Name:Made Value:3 of 9", "{Name:Waiting Value:4", "{Name:Failed attempts Value:1", "12 parts/h", "[recover 4/9 desk, \\*device\\* 1 recovering 5/20]", "[recover 5/9 rack loading ]"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}
