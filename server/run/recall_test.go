package run

import (
	"path/filepath"
	"testing"

	"reta/shared/event"
)

// A continued run's viewers get the curve and the pictures from before, and nothing that the run tells anew.
func TestRecallTellsWhatWasBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.reta")
	first, err := openJournal(path, 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	pixels := make([]byte, 2*2*3)
	for _, e := range []event.Event{
		event.Hello{Run: "r"}, event.Log{Text: "begun"}, event.Status{State: event.Paused, Step: 2},
		event.Metrics{Points: []event.Point{{Step: 1, CE: 3}}}, event.Images{Step: 1, Count: 1, Width: 2, Height: 2, Pixels: pixels},
		event.Metrics{Points: []event.Point{{Step: 2, CE: 2}}}, event.Images{Step: 2, Count: 1, Width: 2, Height: 2, Pixels: pixels},
		event.StageEnd{Step: 2},
	} {
		if err := first.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openJournal(path, 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	told := map[event.Kind]int{}
	r := &Run{log: again, Recall: func(e event.Event) {
		told[e.Kind()]++
		if p, ok := e.(event.Images); ok && p.Step != 2 {
			t.Errorf("images of step %d, want the last ones", p.Step)
		}
	}}
	if err := r.recall(); err != nil {
		t.Fatal(err)
	}
	want := map[event.Kind]int{event.KindMetrics: 2, event.KindImages: 1, event.KindStageEnd: 1}
	for kind, n := range told {
		if want[kind] != n {
			t.Errorf("%d events of %v, want %d", n, kind, want[kind])
		}
		delete(want, kind)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}
