package state

import (
	"math/rand/v2"
	"slices"
	"testing"

	"reta/viewer/eventtest"
)

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
			h.addFrame(2, 1, step, eventtest.Grey(2, 2, byte(step)), 4)
		}
		list := h.Of(2, 1)
		got := steps(list)
		if len(got) != MaxFrames || !slices.IsSorted(got) || got[0] > last/10 || got[len(got)-1] < last-last/10 {
			t.Errorf("%s: %d frames at %v", name, len(got), got)
		}
		for i, f := range list {
			if f.Picture.Pix[0] != byte(f.Step) {
				t.Errorf("%s: step %d has the pixels of another", name, f.Step)
			}
			if i > 0 && f.Step-list[i-1].Step > 4*last/MaxFrames {
				t.Errorf("%s: a gap from step %d to %d", name, list[i-1].Step, f.Step)
			}
		}
		if want := MaxFrames * 2 * 2 * 4; h.bytes != want {
			t.Errorf("%s: counts %d bytes, want %d", name, h.bytes, want)
		}
		if h.Of(0, 0) != nil {
			t.Errorf("%s: an image without a past has one", name)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var h History
	wide, high := eventtest.Grey(1200, 1000, 1), eventtest.Grey(1500, 1000, 1)
	for step := range 8 {
		for i := range 4 {
			h.addFrame(0, i, step, wide, 4)
		}
	}
	if h.bytes > historyBytes || len(h.Of(0, 3)) != historyBytes/(4*1200*1000*4) {
		t.Errorf("%d bytes, %d frames of an image", h.bytes, len(h.Of(0, 3)))
	}
	h.addFrame(0, 0, 100, eventtest.Grey(2, 2, 1), ManyTiles+1)
	if h.bytes != 0 || len(h.Of(0, 0)) != 0 {
		t.Errorf("with too many images %d bytes stay", h.bytes)
	}
	for step := range 30 { // pictures that grow where they were small
		h.addFrame(0, 0, step, eventtest.Grey(1, 1, 1), 1)
	}
	for step := range 30 {
		h.addFrame(0, 0, step, high, 1)
	}
	sum := 0
	for _, f := range h.Of(0, 0) {
		sum += len(f.Picture.Pix)
	}
	if h.bytes > historyBytes || sum != h.bytes {
		t.Errorf("%d bytes counted, %d held", h.bytes, sum)
	}
}

func TestStripTakesPlacesFromTheRests(t *testing.T) {
	frames := []*Frame{{Step: 0}, {Step: 9}, {Step: 30}}
	got := filmPlaces(frames, []int{0, 10, 20, 30}, 4)
	want := []struct {
		step int
		seen bool
	}{{0, true}, {9, true}, {20, false}, {30, true}}
	for i, p := range got {
		if p.Step != want[i].step || (p.Picture != nil) != want[i].seen {
			t.Errorf("place %d: step %d, seen %v", i, p.Step, p.Picture != nil)
		}
	}
	for _, c := range []struct {
		count, n int
		want     []int
	}{{0, 5, nil}, {3, 0, nil}, {9, 1, []int{0}}, {3, 5, []int{0, 1, 2}}, {11, 3, []int{0, 5, 10}}} {
		if got := spacedIndices(c.count, c.n); !slices.Equal(got, c.want) {
			t.Errorf("evenly(%d, %d) = %v, want %v", c.count, c.n, got, c.want)
		}
	}
}
