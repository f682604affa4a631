package scene

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/shared/event"
	"reta/viewer/ui"
)

// recorded is a recording of a run of 20 steps with pictures at 0, 5, 10, 15 and 20, as bytes.
func recorded(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	add := func(events ...event.Event) {
		for _, e := range events {
			if err := log.Append(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(event.Hello{Run: "r", Classes: []string{"cat", "dog"}, IPC: 2, Width: 2, Height: 2, Steps: 20, Stages: 2}, event.Log{Text: "begun"})
	for step := 0; step <= 20; step += 5 {
		a, b := image(0, 0, 2, byte(step)), image(1, 0, 2, byte(step+100))
		b.Step = step
		add(a, b, event.Metrics{Points: []event.Point{{Step: step, Stage: step / 11, CE: 1}}})
		if step == 10 {
			add(residual(0, 0, 0, 1), event.StageEnd{Stage: 0, Step: 10, Anchors: 4})
		}
	}
	add(event.Log{Text: "ended"})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// settled updates the viewer at a time, until nothing is loading.
func settled(t *testing.T, v *Viewer, now float64, acts ...ui.Act) {
	t.Helper()
	v.Update(ui.Input{Now: now, Acts: acts})
	for range 1000 {
		if v.Update(ui.Input{Now: now}); !v.time.loading {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the state does not load")
}

func pixel(v *Viewer) byte { return v.context().Tile(0, 0).Picture.Pix[0] }

func TestAFileIsShownAtEveryStep(t *testing.T) {
	v := NewViewer()
	show(t, v, nil)
	settled(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: recorded(t)})
	x := v.context()
	if x.Step != 20 || pixel(v) != 20 || x.Live || !x.Replay || len(x.Points) != 5 {
		t.Fatalf("the end: step %d, pixel %d, live %v, %d points", x.Step, pixel(v), x.Live, len(x.Points))
	}
	r := v.Report()
	if tl := r.Time; !tl.Shown || tl.Live || !tl.Following || tl.Last != 20 || !slices.Equal(tl.Rests, []int{0, 5, 10, 15, 20}) ||
		len(tl.Bands) != 2 || tl.Bands[1].From != 10 || len(tl.Marks) != 1 || tl.Marks[0].At != 10 {
		t.Errorf("timeline %+v", r.Time)
	}
	if r.Link.State != "none" || r.Run.Name != "r" || len(r.Log) != 2 {
		t.Errorf("link %+v, run %+v, log %v", r.Link, r.Run, r.Log)
	}
	for step, want := range map[string]byte{"7": 5, "10": 10, "0": 0, "19": 15, "20": 20} {
		settled(t, v, 0, ui.Act{Name: "time:seek", Arg: step})
		if r, late := v.Report().Run, step == "19" || step == "20"; r.Stages != 2 || late != (r.Stage == 2) {
			t.Errorf("step %s is in stage %d of %d", step, r.Stage, r.Stages)
		}
		if got := pixel(v); got != want {
			t.Errorf("step %s shows the picture of %d, want %d", step, got, want)
		}
		if n := len(v.context().Points); n != 5 {
			t.Errorf("step %s: %d losses, want all 5", step, n)
		}
	}
	settled(t, v, 0, ui.Act{Name: "time:seek", Arg: "7"})
	if m := v.context().Tile(0, 0).Last(); m != nil {
		t.Errorf("a residual connection at step %d is seen at step 7", m.Step)
	}
	settled(t, v, 0, ui.Act{Name: "time:forward"})
	if v.context().Step != 10 {
		t.Errorf("forward from 7 leads to %d, want 10", v.context().Step)
	}
	settled(t, v, 0, ui.Act{Name: "time:back"})
	if v.context().Step != 5 {
		t.Errorf("back from 10 leads to %d, want 5", v.context().Step)
	}
}

func TestPlayingShowsEveryRest(t *testing.T) {
	v := NewViewer()
	show(t, v, nil)
	settled(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: recorded(t)})
	settled(t, v, 0, ui.Act{Name: "time:play"})
	var seen []int
	moment := false
	for i := range 12 {
		settled(t, v, float64(i)*pace*1.001)
		if n := len(seen); n == 0 || seen[n-1] != v.context().Step {
			seen = append(seen, v.context().Step)
		}
		if _, ok := v.context().Tile(0, 0).progress(v.now); ok {
			moment = true
		}
	}
	if !slices.Equal(seen, []int{0, 5, 10, 15, 20}) || v.time.playing {
		t.Errorf("played %v, playing %v", seen, v.time.playing)
	}
	if !moment {
		t.Error("the residual connection was not animated on the way")
	}
	settled(t, v, 100, ui.Act{Name: "time:loop"}, ui.Act{Name: "time:play"})
	for i := range 7 {
		settled(t, v, 100+float64(i)*pace*1.001)
	}
	if !v.time.playing || v.context().Step != 5 {
		t.Errorf("a loop: playing %v at step %d, want to be at 5 again", v.time.playing, v.context().Step)
	}
}

func TestTheLiveRunCanBeLookedBackOn(t *testing.T) {
	v := small()
	show(t, v, values{"step": 7})
	if !v.NeedsSource() {
		t.Fatal("a link to step 7 asks for no recording")
	}
	data := recorded(t)
	r, err := event.OpenRecording(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	v.SetSource(r, "", false)
	settled(t, v, 0)
	if pixel(v) != 5 || v.context().Live || len(v.context().Points) != 1+len(v.Live.Points) { // step 0 is only in the recording
		t.Errorf("step 7 shows the picture of %d, live %v, %d losses", pixel(v), v.context().Live, len(v.context().Points))
	}
	apply(&v.Live, 0, image(0, 0, 1, 19))
	settled(t, v, 0)
	if pixel(v) != 5 {
		t.Error("news of the run moved what the user looks back on")
	}
	settled(t, v, 0, ui.Act{Name: "time:live"})
	if pixel(v) != 19 || !v.context().Live {
		t.Errorf("live again: pixel %d", pixel(v))
	}
	settled(t, v, 0, ui.Act{Name: "time:play"})
	out := v.Take()
	if len(out) != 1 || out[0].(event.Control).Op != event.Pause {
		t.Errorf("play at the live edge asks for %+v, want a pause of the run", out)
	}
}

func TestABadRecordingIsRefusedWithWords(t *testing.T) {
	v := small()
	show(t, v, nil)
	data := recorded(t)
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
		settled(t, v, 0, ui.Act{Name: "file", Arg: name + ".reta", Data: c.data})
		said := ""
		for _, s := range v.Sayings() {
			said += s.Text
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%s: said %q, want a word of %q", name, said, c.want)
		}
	}
	settled(t, v, 0, ui.Act{Name: "return"})
	if !v.context().Live || v.context().Pictures == 0 {
		t.Error("the run is not shown again after a recording")
	}
}
