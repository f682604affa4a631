package scene

import (
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/ui"
)

func opened(t *testing.T, data []byte) *event.Recording {
	t.Helper()
	r, err := event.OpenRecording(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a page without a server says while it has nothing to show, and that what needs no run is open meanwhile.
func TestAPageWithoutAServerSaysWhatItLacks(t *testing.T) {
	for _, c := range []struct {
		name       string
		begin      func(v *Viewer)
		head, body string
		act        string
	}{
		{"nothing beside it", func(v *Viewer) { v.Alone(false) }, "No run here", "Drop a recording", "page:open"},
		{"on its way", func(v *Viewer) { v.Alone(true) }, "Loading the recording", "", ""},
		{"missing", func(v *Viewer) { v.Alone(true); v.NoBeside("demo.reta: status 404") }, "cannot be loaded", "demo.reta: status 404. Drop", "page:open"},
		{"being opened", func(v *Viewer) { v.Alone(true); v.SetBeside(opened(t, recorded(t)), "demo.reta") }, "Opening", "", ""},
	} {
		v := NewViewer()
		c.begin(v)
		for name, info := range scenes {
			show(t, v, values{"scene": name})
			e := v.Report().Empty
			if info.Order >= learning {
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
	v := NewViewer()
	show(t, v, nil)
	if e := v.Report().Empty; e != nil {
		t.Errorf("a page that connects to a server says %+v", e)
	}
}

func TestAVisitorIsWelcomedOnce(t *testing.T) {
	v := NewViewer()
	v.Alone(true)
	show(t, v, nil)
	v.SetBeside(opened(t, recorded(t)), "demo.reta?v=1")
	settled(t, v, 0)
	r := v.Report()
	if r.Notice == nil || !strings.Contains(r.Notice.Text, "2 classes distilled to 2 images each in 20 steps") || r.Notice.Act != "time:play" {
		t.Fatalf("notice %+v", r.Notice)
	}
	if r.Empty != nil || r.Run.Recording != "demo.reta?v=1" || !r.Time.Shown || pixel(v) != 20 {
		t.Errorf("empty %+v, recording %q, timeline %v", r.Empty, r.Run.Recording, r.Time.Shown)
	}
	show(t, v, values{"scene": "sandbox"})
	if n := v.Report().Notice; n != nil {
		t.Errorf("the sandbox has the notice %+v", n)
	}
	show(t, v, values{"scene": "images"})
	settled(t, v, 0, ui.Act{Name: r.Notice.Act})
	if n := v.Report().Notice; n != nil || !v.time.playing || pixel(v) != 0 {
		t.Errorf("notice %+v after its button, playing %v from pixel %d", n, v.time.playing, pixel(v))
	}
	settled(t, v, 0, ui.Act{Name: "file", Arg: "mine.reta", Data: recorded(t)})
	if n := v.Report().Notice; n == nil || n.Act != "return" || !strings.Contains(n.Text, "mine.reta") {
		t.Errorf("another recording has the notice %+v", n)
	}
	settled(t, v, 0, ui.Act{Name: "return"})
	if r := v.Report(); r.Notice != nil || r.Run.Recording != "demo.reta?v=1" || pixel(v) != 20 {
		t.Errorf("back: notice %+v, recording %q, pixel %d", r.Notice, r.Run.Recording, pixel(v))
	}
}

// A recording of the user that is open already stays when the one beside the page comes at last.
func TestALateRecordingTakesNothingAway(t *testing.T) {
	v := NewViewer()
	v.Alone(true)
	show(t, v, nil)
	settled(t, v, 0, ui.Act{Name: "file", Arg: "mine.reta", Data: recorded(t)})
	v.SetBeside(opened(t, recorded(t)), "demo.reta")
	settled(t, v, 0)
	if v.time.name != "mine.reta" {
		t.Errorf("shows %q", v.time.name)
	}
}

// A run that a server replays is played like a file, from the first moment on; nothing of it is controlled.
func TestAReplayIsPlayedLikeAFile(t *testing.T) {
	v := small()
	v.Live.Hello.Capabilities = []string{event.CapReplay}
	show(t, v, nil)
	if !v.NeedsSource() {
		t.Fatal("a replay asks for no recording")
	}
	v.SetSource(opened(t, recorded(t)), "", false)
	if v.NeedsSource() {
		t.Error("the recording of a replay, which does not grow, is asked for again")
	}
	settled(t, v, 0)
	r := v.Report()
	if r.Run.Live || r.Time.Live || !r.Time.Following || !slices.Equal(r.Time.Rests, []int{0, 5, 10, 15, 20}) || r.Notice != nil || r.Link.State != "open" {
		t.Errorf("run live %v, timeline %+v, notice %+v, link %+v", r.Run.Live, r.Time, r.Notice, r.Link)
	}
	if x := v.context(); x.Live || !x.Replay || x.Pictures == 0 {
		t.Errorf("context: live %v, replay %v, %d pictures", x.Live, x.Replay, x.Pictures)
	}
	settled(t, v, 0, ui.Act{Name: "time:play"}, ui.Act{Name: "time:loop"})
	if !v.time.playing || pixel(v) != 0 {
		t.Errorf("play: playing %v, pixel %d", v.time.playing, pixel(v))
	}
	for i := range 7 {
		settled(t, v, float64(i)*pace*1.001)
	}
	if !v.time.playing || v.context().Step != 5 {
		t.Errorf("a loop is at step %d, want to be at 5 again", v.context().Step)
	}
	settled(t, v, 0, ui.Act{Name: "time:seek", Arg: "20"})
	if r := v.Report(); !r.Time.Following || r.Time.Playing || r.Time.Last != 20 {
		t.Errorf("at the end: %+v", r.Time)
	}
	if out := v.Take(); len(out) > 0 {
		t.Errorf("a replay is asked for %+v", out)
	}
}

// The recording of a run that has ended is fetched when it is to be played, and then played from its start.
func TestAFinishedRunIsPlayed(t *testing.T) {
	v := small()
	apply(&v.Live, 0, event.Status{State: event.Done, Step: 20})
	show(t, v, nil)
	v.Update(ui.Input{Acts: []ui.Act{{Name: "time:play"}}})
	if !v.NeedsSource() || !v.time.playing {
		t.Fatalf("play asks for the recording: %v, plays: %v", v.NeedsSource(), v.time.playing)
	}
	v.NoSource("recording/index: status 404")
	if r := v.Report(); r.Time.Playing || !r.Time.Following || r.Time.Note == "" || v.NeedsSource() {
		t.Errorf("without a recording: %+v", r.Time)
	}
	settled(t, v, 0, ui.Act{Name: "time:play"})
	v.SetSource(opened(t, recorded(t)), "", false)
	settled(t, v, 0)
	if !v.time.playing || pixel(v) != 0 {
		t.Errorf("playing %v, pixel %d", v.time.playing, pixel(v))
	}
	settled(t, v, pace*1.001)
	settled(t, v, 2*pace*1.001)
	if step := v.context().Step; step < 5 || len(v.Take()) > 0 {
		t.Errorf("at step %d after two rests", step)
	}
}
