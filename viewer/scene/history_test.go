package scene

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

func grey(w, h int, value byte) *ui.Picture {
	p, rgb := &ui.Picture{}, make([]byte, w*h*3)
	for i := range rgb {
		rgb[i] = value
	}
	p.SetRGB(w, h, rgb)
	return p
}

func steps(frames []*Frame) (out []int) {
	for _, f := range frames {
		out = append(out, f.Step)
	}
	return out
}

// Whatever the order they come in, frames are bounded, ascending, hold their own pixels, and are spread over the run.
func TestHistoryIsSpreadEvenly(t *testing.T) {
	const last = 1000
	forward, back, mixed := make([]int, last+1), make([]int, last+1), make([]int, last+1)
	for i := range forward {
		forward[i], back[i], mixed[i] = i, last-i, i
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	for name, order := range map[string][]int{"forward": forward, "back": back, "mixed": mixed} {
		var h History
		for _, step := range order {
			h.add(2, 1, step, grey(2, 2, byte(step)), 4)
		}
		list := h.Of(2, 1)
		got := steps(list)
		if len(got) != maxFrames || !slices.IsSorted(got) || got[0] > last/10 || got[len(got)-1] < last-last/10 {
			t.Errorf("%s: %d frames at %v", name, len(got), got)
		}
		for i, f := range list {
			if f.Picture.Pix[0] != byte(f.Step) {
				t.Errorf("%s: step %d has the pixels of another", name, f.Step)
			}
			if i > 0 && f.Step-list[i-1].Step > 4*last/maxFrames {
				t.Errorf("%s: a gap from step %d to %d", name, list[i-1].Step, f.Step)
			}
		}
		if want := maxFrames * 2 * 2 * 4; h.bytes != want {
			t.Errorf("%s: counts %d bytes, want %d", name, h.bytes, want)
		}
		if h.Of(0, 0) != nil {
			t.Errorf("%s: an image without a past has one", name)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var h History
	wide, high := grey(1200, 1000, 1), grey(1500, 1000, 1)
	for step := range 8 {
		for i := range 4 {
			h.add(0, i, step, wide, 4)
		}
	}
	if h.bytes > historyBytes || len(h.Of(0, 3)) != historyBytes/(4*1200*1000*4) {
		t.Errorf("%d bytes, %d frames of an image", h.bytes, len(h.Of(0, 3)))
	}
	h.add(0, 0, 100, grey(2, 2, 1), manyTiles+1)
	if h.bytes != 0 || len(h.Of(0, 0)) != 0 {
		t.Errorf("with too many images %d bytes stay", h.bytes)
	}
	for step := range 30 { // pictures that grow where they were small
		h.add(0, 0, step, grey(1, 1, 1), 1)
	}
	for step := range 30 {
		h.add(0, 0, step, high, 1)
	}
	sum := 0
	for _, f := range h.Of(0, 0) {
		sum += len(f.Picture.Pix)
	}
	if h.bytes > historyBytes || sum != h.bytes {
		t.Errorf("%d bytes counted, %d held", h.bytes, sum)
	}
}

// A run that goes back to an earlier step forgets what it had done after it; another run forgets all.
func TestHistoryFollowsTheRun(t *testing.T) {
	v := NewViewer()
	receive := func(run uint64, e event.Event) { v.Receive(event.Message{Run: run, Event: e}, 0) }
	receive(1, event.Hello{Run: "r", Classes: []string{"a"}, IPC: 2})
	for _, step := range []byte{10, 20, 30, 40, 25} {
		receive(1, image(0, 0, 2, step))
	}
	if got := steps(v.context().History.Of(0, 1)); !slices.Equal(got, []int{10, 20, 25}) {
		t.Errorf("steps %v", got)
	}
	receive(2, event.Hello{Run: "s"})
	if got := v.context().History.Of(0, 1); got != nil {
		t.Errorf("another run has the past %v", steps(got))
	}
}

func TestStripTakesPlacesFromTheRests(t *testing.T) {
	frames := []*Frame{{Step: 0}, {Step: 9}, {Step: 30}}
	got := strip(frames, []int{0, 10, 20, 30}, 4)
	want := []struct {
		step int
		seen bool
	}{{0, true}, {9, true}, {20, false}, {30, true}}
	for i, p := range got {
		if p.step != want[i].step || (p.picture != nil) != want[i].seen {
			t.Errorf("place %d: step %d, seen %v", i, p.step, p.picture != nil)
		}
	}
	for _, c := range []struct {
		count, n int
		want     []int
	}{{0, 5, nil}, {3, 0, nil}, {9, 1, []int{0}}, {3, 5, []int{0, 1, 2}}, {11, 3, []int{0, 5, 10}}} {
		if got := evenly(c.count, c.n); !slices.Equal(got, c.want) {
			t.Errorf("evenly(%d, %d) = %v, want %v", c.count, c.n, got, c.want)
		}
	}
}

// Of a recording the strip is read for the chosen class, and a click goes to the step.
func TestARecordingShowsItsPast(t *testing.T) {
	v := NewViewer()
	show(t, v, values{"class": 1})
	settled(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: recorded(t)})
	settled(t, v, 0)
	for v.film.busy {
		v.Update(ui.Input{})
	}
	if got := steps(v.context().History.Of(1, 0)); !slices.Equal(got, []int{0, 5, 10, 15, 20}) {
		t.Fatalf("the past of dog has the steps %v", got)
	}
	if f := v.context().History.Of(1, 0)[1]; f.Picture.Pix[0] != 105 {
		t.Errorf("at step 5 it is %d, want 105", f.Picture.Pix[0])
	}
	canvas := &uitest.Recorder{W: 800, H: 600}
	v.Draw(canvas, 0)
	g := v.scenes["images"].(*images)
	if len(g.film) != 5 {
		t.Fatalf("%d pictures in the strip, want 5", len(g.film))
	}
	settled(t, v, 0)
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: g.film[2].r.Centre()})
	settled(t, v, 0)
	if v.context().Step != 10 || pixel(v) != 10 {
		t.Errorf("a click on the third leads to step %d, picture %d", v.context().Step, pixel(v))
	}
	v.Draw(canvas, 0)
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: g.film[4].r.Centre()})
	if stepNo.Of(&v.View) != -1 {
		t.Errorf("a click on the last leads to step %v, want the end", stepNo.Of(&v.View))
	}
	settled(t, v, 0)
	show(t, v, values{"class": 0}, "past")
	for v.Update(ui.Input{}); v.film.busy; {
		v.Update(ui.Input{})
	}
	if words := said(t, v); !strings.Contains(words, `["5","seen"]`) || !strings.Contains(words, `"time:seek"`) {
		t.Errorf("the past in words: %s", words)
	}
}

// The state at a step holds the newest residual connection of an image; the earlier ones come from the recording.
func TestARecordingShowsEveryResidualConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	late := image(0, 0, 2, 9)
	late.Step = 35
	for _, e := range []event.Event{event.Hello{Run: "r", Classes: []string{"cat"}, IPC: 2, Width: 2, Height: 2, Steps: 40, Stages: 4},
		image(0, 0, 2, 1), residual(0, 0, 0, 1), residual(0, 1, 0, 1), residual(0, 2, 1), late} {
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
	v := NewViewer()
	show(t, v, nil)
	settled(t, v, 0, ui.Act{Name: "file", Arg: "events.reta", Data: data})
	look := func(i int) (stages []int) {
		for v.Update(ui.Input{}); v.film.busy; {
			v.Update(ui.Input{})
		}
		for _, m := range v.context().Tile(0, i).Moments {
			stages = append(stages, m.Stage)
		}
		return stages
	}
	if a, b := look(0), look(1); !slices.Equal(a, []int{0, 1}) || !slices.Equal(b, []int{0, 1, 2}) {
		t.Errorf("at the end image 0 has the stages %v, image 1 %v", a, b)
	}
	settled(t, v, 0, ui.Act{Name: "time:seek", Arg: "25"})
	if got := look(1); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("at step 25 image 1 has the stages %v", got)
	}
	settled(t, v, 0, ui.Act{Name: "time:seek", Arg: "12"})
	if got := look(1); !slices.Equal(got, []int{0}) {
		t.Errorf("at step 12 image 1 has the stages %v", got)
	}
	settled(t, v, 0, ui.Act{Name: "time:live"})
	if got := look(1); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("back at the end image 1 has the stages %v", got)
	}
	if words := said(t, v); !strings.Contains(words, `"stage 2"`) {
		t.Errorf("the panel does not offer the stages: %s", words)
	}
}

// Of a run that is over, a page that has just come asks for the recording, once, and shows its past at the end too.
func TestARunThatIsOverShowsItsPast(t *testing.T) {
	v := NewViewer()
	receive := func(e event.Event) { v.Receive(event.Message{Run: 1, Step: event.Step(e), Event: e}, 0) }
	receive(event.Hello{Run: "r", Classes: []string{"cat", "dog"}, IPC: 2, Width: 2, Height: 2, Steps: 20, Stages: 2})
	receive(event.Status{State: event.Recovering})
	receive(image(0, 0, 2, 20))
	show(t, v, nil)
	if v.Update(ui.Input{}); v.NeedsSource() {
		t.Error("a run that goes on is asked for its recording")
	}
	receive(event.Status{State: event.Done})
	if v.Update(ui.Input{}); !v.NeedsSource() {
		t.Error("a run that is over is not asked for its recording")
	}
	v.NoSource("there is none")
	if v.Update(ui.Input{}); v.NeedsSource() || v.Report().Time.Note != "" {
		t.Errorf("after a refusal: asked again %v, note %q", v.NeedsSource(), v.Report().Time.Note)
	}
	v.film.refused = false
	data := recorded(t)
	r, err := event.OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	v.SetSource(r, "", false)
	for v.Update(ui.Input{}); v.film.busy; {
		v.Update(ui.Input{})
	}
	if got := steps(v.context().History.Of(0, 1)); v.NeedsSource() || !slices.Equal(got, []int{0, 5, 10, 15, 20}) || !v.context().Live {
		t.Errorf("asked again %v, past %v, live %v", v.NeedsSource(), got, v.context().Live)
	}
	receive(image(0, 0, 2, 25))
	if got := v.context().places(0, 1, 9); len(got) != 6 || got[5].step != 25 {
		t.Errorf("%d places: what came since is missing", len(got))
	}
}
