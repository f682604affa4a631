package app_test

import (
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
)

func TestAFileIsShownAtEveryStep(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: eventtest.Recording(t)})
	x := v.Context()
	if x.Step != 20 || apptest.Pixel(v) != 20 || x.Live || !x.Replay || len(x.Points) != 5 {
		t.Fatalf("the end: step %d, pixel %d, live %v, %d points", x.Step, apptest.Pixel(v), x.Live, len(x.Points))
	}
	r := v.Report()
	if tl := r.Time; !tl.Shown || tl.Live || !tl.Following || tl.Last != 20 || !slices.Equal(tl.Keyframes, []int{0, 5, 10, 15, 20}) ||
		len(tl.Bands) != 2 || tl.Bands[1].From != 10 || len(tl.Marks) != 1 || tl.Marks[0].At != 10 {
		t.Errorf("timeline %+v", r.Time)
	}
	if r.Link.State != "none" || r.Run.Name != "r" || len(r.Log) != 2 {
		t.Errorf("link %+v, run %+v, log %v", r.Link, r.Run, r.Log)
	}
	for step, want := range map[string]byte{"7": 5, "10": 10, "0": 0, "19": 15, "20": 20} {
		apptest.Settle(t, v, 0, ui.Act{Name: "time:seek", Arg: step})
		if r, late := v.Report().Run, step == "19" || step == "20"; r.Stages != 2 || late != (r.Stage == 2) {
			t.Errorf("step %s is in stage %d of %d", step, r.Stage, r.Stages)
		}
		if got := apptest.Pixel(v); got != want {
			t.Errorf("step %s shows the picture of %d, want %d", step, got, want)
		}
		if n := len(v.Context().Points); n != 5 {
			t.Errorf("step %s: %d losses, want all 5", step, n)
		}
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:seek", Arg: "7"})
	if m := v.Context().Tile(0, 0).Last(); m != nil {
		t.Errorf("a residual connection at step %d is seen at step 7", m.Step)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:forward"})
	if v.Context().Step != 10 {
		t.Errorf("forward from 7 leads to %d, want 10", v.Context().Step)
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:back"})
	if v.Context().Step != 5 {
		t.Errorf("back from 10 leads to %d, want 5", v.Context().Step)
	}
}

func TestPlayingShowsEveryRest(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, nil)
	apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: eventtest.Recording(t)})
	apptest.Settle(t, v, 0, ui.Act{Name: "time:play"})
	var seen []int
	moment := false
	for i := range 12 {
		apptest.Settle(t, v, float64(i)*0.25*1.001)
		if n := len(seen); n == 0 || seen[n-1] != v.Context().Step {
			seen = append(seen, v.Context().Step)
		}
		if m := v.Context().Tile(0, 0).Last(); m != nil && m.Arrived >= 0 {
			moment = true
		}
	}
	if !slices.Equal(seen, []int{0, 5, 10, 15, 20}) || v.Report().Time.Playing {
		t.Errorf("played %v, playing %v", seen, v.Report().Time.Playing)
	}
	if !moment {
		t.Error("the residual connection was not animated on the way")
	}
	apptest.Settle(t, v, 100, ui.Act{Name: "time:loop"}, ui.Act{Name: "time:play"})
	for i := range 7 {
		apptest.Settle(t, v, 100+float64(i)*0.25*1.001)
	}
	if !v.Report().Time.Playing || v.Context().Step != 5 {
		t.Errorf("a loop: playing %v at step %d, want to be at 5 again", v.Report().Time.Playing, v.Context().Step)
	}
}

func TestTheLiveRunCanBeLookedBackOn(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"step": 7})
	if !v.Time.NeedsSource() {
		t.Fatal("a link to step 7 asks for no recording")
	}
	data := eventtest.Recording(t)
	r, err := event.OpenRecording(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	v.Time.SetSource(r, "", "", false)
	apptest.Settle(t, v, 0)
	if apptest.Pixel(v) != 5 || v.Context().Live || len(v.Context().Points) != 1+len(v.Live.Points) { // step 0 is only in the recording
		t.Errorf("step 7 shows the picture of %d, live %v, %d losses", apptest.Pixel(v), v.Context().Live, len(v.Context().Points))
	}
	apptest.Apply(&v.Live, 0, eventtest.Image(0, 0, 1, 19))
	apptest.Settle(t, v, 0)
	if apptest.Pixel(v) != 5 {
		t.Error("news of the run moved what the user looks back on")
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:live"})
	if apptest.Pixel(v) != 19 || !v.Context().Live {
		t.Errorf("live again: pixel %d", apptest.Pixel(v))
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "time:play"})
	out := v.TakeEvents()
	if len(out) != 1 || out[0].(event.Control).Op != event.Pause {
		t.Errorf("play at the live edge asks for %+v, want a pause of the run", out)
	}
}

func TestABadRecordingIsRefusedWithWords(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, nil)
	data := eventtest.Recording(t)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"newer": {append([]byte("RETALOG\x09"), data[8:]...), "update"},
		"none":  {[]byte("RETALOG\x01"), ""},
		"torn":  {data[:len(data)/2], "torn"},
		"empty": {nil, "empty.reta cannot be opened: recording: it is empty"},
		"text":  {[]byte("dear diary"), "text.reta cannot be opened: recording: no event log"},
	} {
		apptest.Settle(t, v, 0, ui.Act{Name: "file", Arg: name + ".reta", Data: c.data})
		said := ""
		for _, s := range v.TakeAnnouncements() {
			said += s.Text
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%s: said %q, want a word of %q", name, said, c.want)
		}
	}
	apptest.Settle(t, v, 0, ui.Act{Name: "return"})
	if !v.Context().Live || v.Context().Pictures == 0 {
		t.Error("the run is not shown again after a recording")
	}
}
