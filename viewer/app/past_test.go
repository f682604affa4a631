package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
)

// A run that goes back to an earlier step forgets what it had done after it; another run forgets all.
func TestHistoryFollowsTheRun(t *testing.T) {
	v := app.New()
	receive := func(run uint64, e event.Event) { v.Receive(event.Message{Run: run, Event: e}, 0) }
	receive(1, event.Hello{Run: "r", Classes: []string{"a"}, IPC: 2})
	for _, step := range []byte{10, 20, 30, 40, 25} {
		receive(1, eventtest.Image(0, 0, 2, step))
	}
	if got := apptest.PastSteps(v, 0, 1); !slices.Equal(got, []int{10, 20, 25}) {
		t.Errorf("steps %v", got)
	}
	receive(2, event.Hello{Run: "s"})
	if got := apptest.PastSteps(v, 0, 1); got != nil {
		t.Errorf("another run has the past %v", got)
	}
}

// The state at a step holds the newest residual connection of an image; the earlier ones come from the recording.
func TestARecordingShowsEveryResidualConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	late := eventtest.Image(0, 0, 2, 9)
	late.Step = 35
	for _, e := range []event.Event{event.Hello{Run: "r", Classes: []string{"cat"}, IPC: 2, Width: 2, Height: 2, Steps: 40, Stages: 4},
		eventtest.Image(0, 0, 2, 1), eventtest.Residual(0, 0, 0, 1), eventtest.Residual(0, 1, 0, 1), eventtest.Residual(0, 2, 1), late} {
		if err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := app.New()
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: data})
	look := func(i int) (stages []int) {
		apptest.SettlePast(t, v)
		for _, m := range v.Context().Tile(0, i).Residuals {
			stages = append(stages, m.Stage)
		}
		return stages
	}
	if a, b := look(0), look(1); !slices.Equal(a, []int{0, 1}) || !slices.Equal(b, []int{0, 1, 2}) {
		t.Errorf("at the end image 0 has the stages %v, image 1 %v", a, b)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:seek", Arg: "25"})
	if got := look(1); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("at step 25 image 1 has the stages %v", got)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:seek", Arg: "12"})
	if got := look(1); !slices.Equal(got, []int{0}) {
		t.Errorf("at step 12 image 1 has the stages %v", got)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:live"})
	if got := look(1); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("back at the end image 1 has the stages %v", got)
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, `"stage 2"`) {
		t.Errorf("the panel does not offer the stages: %s", words)
	}
}

// Of a run that is over, a page that has just come asks for the recording, once, and shows its past at the end too.
func TestARunThatIsOverShowsItsPast(t *testing.T) {
	v := app.New()
	receive := func(e event.Event) { v.Receive(event.Message{Run: 1, Step: event.Step(e), Event: e}, 0) }
	receive(event.Hello{Run: "r", Classes: []string{"cat", "dog"}, IPC: 2, Width: 2, Height: 2, Steps: 20, Stages: 2})
	receive(event.Status{State: event.Recovering})
	receive(eventtest.Image(0, 0, 2, 20))
	apptest.Show(t, v, nil)
	if v.Update(ui.Input{}); v.Time.NeedsSource() {
		t.Error("a run that goes on is asked for its recording")
	}
	receive(event.Status{State: event.Done})
	if v.Update(ui.Input{}); !v.Time.NeedsSource() {
		t.Error("a run that is over is not asked for its recording")
	}
	v.Time.NoSource("there is none")
	if v.Update(ui.Input{}); v.Time.NeedsSource() || v.Report().Time.Note != "" {
		t.Errorf("after a refusal: asked again %v, note %q", v.Time.NeedsSource(), v.Report().Time.Note)
	}
	v.Time.SetSource(eventtest.OpenRecording(t, eventtest.Recording(t)), "", "", false)
	apptest.SettlePast(t, v)
	if got := apptest.PastSteps(v, 0, 1); v.Time.NeedsSource() || !slices.Equal(got, []int{0, 5, 10, 15, 20}) || !v.Context().Live {
		t.Errorf("asked again %v, past %v, live %v", v.Time.NeedsSource(), got, v.Context().Live)
	}
	receive(eventtest.Image(0, 0, 2, 25))
	if got := v.Time.Places(0, 1, 9); len(got) != 6 || got[5].Step != 25 {
		t.Errorf("%d places: what came since is missing", len(got))
	}
}
