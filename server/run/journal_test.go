package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
)

// kept reads a journal back.
func kept(t *testing.T, path string) (list []event.Event) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := event.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m.Event)
	}
}

func picture(class, first, stage, step int) event.Images {
	return event.Images{Step: step, Stage: stage, Class: class, First: first, Count: 1, Width: 1, Height: 1, Pixels: []byte{1, 2, 3}}
}

func TestPicturesAreThinnedAllElseIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	j, err := openJournal(path, 200, pictureBytes/leastSets)
	if err != nil {
		t.Fatal(err)
	}
	var also []event.Event
	j.also = func(e event.Event) { also = append(also, e) }
	add := func(e event.Event) {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	for step := range 201 {
		add(event.Metrics{Points: []event.Point{{Step: step}}})
		add(event.Status{State: event.Recovering, Step: step})
		for class := range 2 {
			add(picture(class, 0, 0, step))
			add(picture(class, 1, 0, step)) // a class in two messages
		}
	}
	add(event.Residual{Step: 200, Index: []int{0}, Width: 1, Height: 1, Before: make([]byte, 3), Anchor: make([]byte, 3), After: make([]byte, 3)})
	add(event.StageEnd{Step: 200})
	add(event.Status{State: event.Done})
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	count := map[event.Kind]int{}
	steps := map[int]int{}
	list := kept(t, path)
	if !slices.EqualFunc(list, also, func(a, b event.Event) bool {
		return event.ItemOf(a) == event.ItemOf(b) && event.Step(a) == event.Step(b)
	}) {
		t.Errorf("%d events are given on, %d kept: want the same", len(also), len(list))
	}
	for _, e := range list {
		count[e.Kind()]++
		if i, ok := e.(event.Images); ok {
			steps[i.Step]++
		}
	}
	if len(steps) != 21 { // every tenth step, both ends
		t.Errorf("pictures of %d steps are kept, want 21", len(steps))
	}
	for step, n := range steps {
		if step%10 != 0 || n != 4 {
			t.Errorf("step %d: %d messages of pictures, want all 4 of every tenth step", step, n)
		}
	}
	for kind, want := range map[event.Kind]int{event.KindMetrics: 201, event.KindResidual: 1, event.KindStageEnd: 1, event.KindStatus: 1} {
		if count[kind] != want {
			t.Errorf("%d events of kind %v are kept, want %d", count[kind], kind, want)
		}
	}
}

// As many sets as fit, within bounds.
func TestPicturesFitTheBudget(t *testing.T) {
	for setBytes, want := range map[int64]int{1: 2000 / mostSets, pictureBytes / 50: 2000 / 50, pictureBytes: 2000 / leastSets, 1 << 50: 2000 / leastSets} {
		j, err := openJournal(filepath.Join(t.TempDir(), "events.reta"), 2000, setBytes)
		if err != nil {
			t.Fatal(err)
		}
		if j.every != want {
			t.Errorf("sets of %d bytes: one every %d steps, want every %d", setBytes, j.every, want)
		}
		j.close()
	}
}

func TestFirstAndLastPicturesOfAStageAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	j, err := openJournal(path, 2000, pictureBytes/leastSets) // a set every 100 steps
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []event.Event{
		picture(0, 0, 0, 0), picture(0, 0, 0, 30), picture(0, 0, 0, 47), event.StageEnd{Stage: 0, Step: 50},
		picture(0, 0, 1, 50), picture(0, 0, 1, 50), picture(0, 0, 1, 90), picture(0, 0, 1, 150), picture(0, 0, 1, 161), event.StageEnd{Stage: 1, Step: 170},
		picture(0, 0, 1, 170), event.Result{},
		picture(0, 0, 1, 180),
	} {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if live := j.file.Index(); live.Len() != 9 || live.Last() != 170 {
		t.Errorf("the live index has %d records up to step %d, want 9 up to 170", live.Len(), live.Last())
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range kept(t, path) {
		got = append(got, fmt.Sprint(e.Kind(), " ", event.Step(e)))
	}
	want := "images 0, images 47, stage end 50, images 50, images 150, images 161, stage end 170, images 170, result 0, images 180"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("kept %s\nwant %s", s, want)
	}
}

func TestJournalContinues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	for range 2 {
		j, err := openJournal(path, 5, 1) // fewer steps than pictures wanted
		if err != nil {
			t.Fatal(err)
		}
		if err := j.add(event.Log{Text: "began"}); err != nil {
			t.Fatal(err)
		}
		j.close()
	}
	if n := len(kept(t, path)); n != 2 {
		t.Errorf("%d events after two openings, want 2", n)
	}
}

// A log that cannot be written is told to viewers once, and the run goes on.
func TestUnwritableLogIsWarnedOfOnce(t *testing.T) {
	j, err := openJournal(filepath.Join(t.TempDir(), "events.reta"), 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	j.close() // every further write fails
	var heard []string
	r := Run{log: j, Emit: func(e event.Event) { heard = append(heard, e.(event.Log).Text) }}
	r.say("one")
	r.say("two")
	if len(heard) != 3 || heard[0] != "one" || heard[2] != "two" || !strings.Contains(heard[1], "event log") || !strings.Contains(heard[1], "the run continues") {
		t.Errorf("heard %q", heard)
	}
}

func TestCurvesAreKeptAtIntervalsAndAsTheyEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	j, err := openJournal(path, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e event.Event) {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	trials := func(epoch int) event.Trials {
		return event.Trials{List: []event.Trial{{Epoch: epoch, Epochs: 100}, {Epochs: 100}}}
	}
	for epoch := range 50 {
		add(trials(epoch))
		add(event.Curve{Trial: 0, Points: make([]event.CurvePoint, epoch+1)})
	}
	add(event.Confusion{Trial: 0, Trials: 1})
	add(event.Curve{Trial: 1, Points: make([]event.CurvePoint, 3)})
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range kept(t, path) {
		switch e := e.(type) {
		case event.Trials:
			got = append(got, fmt.Sprint("trials ", e.List[0].Epoch))
		case event.Curve:
			got = append(got, fmt.Sprint("curve ", e.Trial, " ", len(e.Points)))
		case event.Confusion:
			got = append(got, "confusion")
		}
	}
	want := "trials 0, curve 0 1, trials 49, curve 0 50, confusion, curve 1 3"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("kept %s: want %s", text, want)
	}
}
