package app_test

import (
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// What a page without a server says while it has nothing to show, and that what needs no run is open meanwhile.
func TestAPageWithoutAServerSaysWhatItLacks(t *testing.T) {
	for _, c := range []struct {
		name       string
		begin      func(v *app.Viewer)
		head, body string
		act        string
	}{
		{"nothing beside it", func(v *app.Viewer) { v.Standalone(false) }, "No run here", "Drop a recording", "page:open"},
		{"on its way", func(v *app.Viewer) { v.Standalone(true) }, "Loading the recording", "", ""},
		{"missing", func(v *app.Viewer) { v.Standalone(true); v.NoSiteRecording("demo.reta: status 404") }, "cannot be loaded", "demo.reta: status 404. Drop", "page:open"},
		{"being opened", func(v *app.Viewer) {
			v.Standalone(true)
			v.SetSiteRecording(eventtest.OpenRecording(t, eventtest.Recording(t)), "demo.reta")
		}, "Opening", "", ""},
	} {
		v := app.New()
		c.begin(v)
		for _, info := range scene.All() {
			name := info.Name
			apptest.Show(t, v, apptest.Values{"scene": name})
			e := v.Report().Empty
			if info.Learning() {
				if e != nil && strings.Contains(e.Head, c.head) {
					t.Errorf("%s: %s, which needs no run, is closed: %+v", c.name, name, e)
				}
				continue
			}
			if e == nil || !strings.Contains(e.Head, c.head) || !strings.Contains(e.Body, c.body) || e.Act != c.act {
				t.Errorf("%s: %s says %+v, want %q", c.name, name, e, c.head)
			}
		}
		if r := v.Report(); r.Link.State != "none" || r.Run.Live {
			t.Errorf("%s: link %+v, live %v", c.name, r.Link, r.Run.Live)
		}
	}
	v := app.New()
	apptest.Show(t, v, nil)
	if e := v.Report().Empty; e != nil {
		t.Errorf("a page that connects to a server says %+v", e)
	}
}

func TestAVisitorIsWelcomedOnce(t *testing.T) {
	v := app.New()
	v.Standalone(true)
	apptest.Show(t, v, nil)
	v.SetSiteRecording(eventtest.OpenRecording(t, eventtest.Recording(t)), "demo.reta?v=1")
	apptest.Settle(t, v, 0)
	r := v.Report()
	if r.Notice == nil || !strings.Contains(r.Notice.Text, "2 classes distilled to 2 images each in 20 steps") || r.Notice.Act != "time:play" {
		t.Fatalf("notice %+v", r.Notice)
	}
	if r.Empty != nil || r.Run.Recording != "demo.reta?v=1" || !r.Time.Shown || apptest.Pixel(v) != 20 {
		t.Errorf("empty %+v, recording %q, timeline %v", r.Empty, r.Run.Recording, r.Time.Shown)
	}
	apptest.Show(t, v, apptest.Values{"scene": "sandbox"})
	if n := v.Report().Notice; n != nil {
		t.Errorf("the sandbox has the notice %+v", n)
	}
	apptest.Show(t, v, apptest.Values{"scene": "images"})
	apptest.Settle(t, v, 0, ui.Act{Name: r.Notice.Act})
	if n := v.Report().Notice; n != nil || !v.Report().Time.Playing || apptest.Pixel(v) != 0 {
		t.Errorf("notice %+v after its button, playing %v from pixel %d", n, v.Report().Time.Playing, apptest.Pixel(v))
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "mine.reta", Data: eventtest.Recording(t)})
	if n := v.Report().Notice; n == nil || n.Act != "return" || !strings.Contains(n.Text, "mine.reta") {
		t.Errorf("another recording has the notice %+v", n)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "return"})
	if r := v.Report(); r.Notice != nil || r.Run.Recording != "demo.reta?v=1" || apptest.Pixel(v) != 20 {
		t.Errorf("back: notice %+v, recording %q, pixel %d", r.Notice, r.Run.Recording, apptest.Pixel(v))
	}
}

// A recording of the user that is open already stays when the one beside the page comes at last.
func TestALateRecordingTakesNothingAway(t *testing.T) {
	v := app.New()
	v.Standalone(true)
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "mine.reta", Data: eventtest.Recording(t)})
	v.SetSiteRecording(eventtest.OpenRecording(t, eventtest.Recording(t)), "demo.reta")
	apptest.Settle(t, v, 0)
	if f, _ := v.Time.File(); f.Name != "mine.reta" {
		t.Errorf("shows %q", f.Name)
	}
}

// A run that a server replays is played like a file, from the first moment on; nothing of it is controlled.
func TestAReplayIsPlayedLikeAFile(t *testing.T) {
	v := apptest.Small()
	v.Live.Hello.Capabilities = []string{event.CapReplay}
	apptest.Show(t, v, nil)
	if !v.Time.NeedsSource() {
		t.Fatal("a replay asks for no recording")
	}
	v.Time.SetSource(eventtest.OpenRecording(t, eventtest.Recording(t)), "", "", false)
	if v.Time.NeedsSource() {
		t.Error("the recording of a replay, which does not grow, is asked for again")
	}
	apptest.Settle(t, v, 0)
	r := v.Report()
	if r.Run.Live || r.Time.Live || !r.Time.Following || !slices.Equal(r.Time.Keyframes, []int{0, 5, 10, 15, 20}) || r.Notice != nil || r.Link.State != "open" {
		t.Errorf("run live %v, timeline %+v, notice %+v, link %+v", r.Run.Live, r.Time, r.Notice, r.Link)
	}
	if x := v.Context(); x.Live || !x.Replay || x.Pictures == 0 {
		t.Errorf("context: live %v, replay %v, %d pictures", x.Live, x.Replay, x.Pictures)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:play"}, ui.Act{Name: "time:loop"})
	if !v.Report().Time.Playing || apptest.Pixel(v) != 0 {
		t.Errorf("play: playing %v, pixel %d", v.Report().Time.Playing, apptest.Pixel(v))
	}
	for i := range 7 {
		apptest.Settle(t, v, float64(i)*0.25*1.001)
	}
	if !v.Report().Time.Playing || v.Context().Step != 5 {
		t.Errorf("a loop is at step %d, want to be at 5 again", v.Context().Step)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:seek", Arg: "20"})
	if r := v.Report(); !r.Time.Following || r.Time.Playing || r.Time.Last != 20 {
		t.Errorf("at the end: %+v", r.Time)
	}
	if out := v.TakeEvents(); len(out) > 0 {
		t.Errorf("a replay is asked for %+v", out)
	}
}

// The recording of a run that has ended is fetched when it is to be played, and then played from its start.
func TestAFinishedRunIsPlayed(t *testing.T) {
	v := apptest.Small()
	apptest.Apply(&v.Live, 0, event.Status{State: event.Done, Step: 20})
	apptest.Show(t, v, nil)
	v.Update(ui.Input{Acts: []ui.Act{{Name: "time:play"}}})
	if !v.Time.NeedsSource() || !v.Report().Time.Playing {
		t.Fatalf("play asks for the recording: %v, plays: %v", v.Time.NeedsSource(), v.Report().Time.Playing)
	}
	v.Time.NoSource("recording/index: status 404")
	if r := v.Report(); r.Time.Playing || !r.Time.Following || r.Time.Note == "" || v.Time.NeedsSource() {
		t.Errorf("without a recording: %+v", r.Time)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:play"})
	v.Time.SetSource(eventtest.OpenRecording(t, eventtest.Recording(t)), "", "", false)
	apptest.Settle(t, v, 0)
	if !v.Report().Time.Playing || apptest.Pixel(v) != 0 {
		t.Errorf("playing %v, pixel %d", v.Report().Time.Playing, apptest.Pixel(v))
	}
	apptest.Settle(t, v, 0.25*1.001)
	apptest.Settle(t, v, 2*0.25*1.001)
	if step := v.Context().Step; step < 5 || len(v.TakeEvents()) > 0 {
		t.Errorf("at step %d after two rests", step)
	}
}

// Of a run that is made in parts, done and total are parts until the whole run has a status of its own.
func TestPartsAreNoSteps(t *testing.T) {
	v := app.New()
	for _, c := range []struct {
		e    event.Event
		want bool
	}{
		{event.Status{State: event.Recovering, Phase: "recover", Done: 3, Total: 5}, false},
		{event.Work{Phase: "recover", Made: 3, Total: 5}, true},
		{event.Status{State: event.Done, Phase: "recover", Done: 1, Total: 1}, false},
	} {
		apptest.Apply(&v.Live, 0, c.e)
		apptest.Show(t, v, nil)
		if got := v.Report().Run.Parts; got != c.want {
			t.Errorf("after %+v parts are counted: %v, want %v", c.e, got, c.want)
		}
	}
}
