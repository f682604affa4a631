package event

import (
	"slices"
	"sort"
	"sync"
)

// Index is what a log holds and where, without the records: one Entry a record, in the order of the file. A time
// slider works with it alone. Copies share their memory and are safe for concurrent use; the zero Index is empty.
//
// A run that was killed goes on from its last checkpoint, so its file holds some steps twice. What counts: an event
// that a later one of the same item and of the same or an earlier step follows belongs to a past that was done again,
// and no longer counts. Of losses (kinds that join) every batch counts, and of points of one step the later in the
// file. Groups of classes each count their steps from 0: at a step every class is shown where it was at that step.
type Index struct {
	entries []Entry
	times   *timeline
}

// timeline is what At and Closed need, made when it is first asked for. Numbers are places in entries.
type timeline struct {
	once    sync.Once
	items   map[Item][]int // events that count, ascending in step and in place
	batches []int          // of kinds that join and hold from their step on
	placed  []int          // of kinds that hold from their place on
	stepped []int          // all others
	lows    []int          // of stepped, from the end: each of a lower step than all behind it

	closed sync.Once
	tail   []byte // see appendix
	err    error
}

func newIndex(entries []Entry) Index { return Index{entries, &timeline{}} }

// Len is the number of records.
func (x Index) Len() int { return len(x.entries) }

// Entries are the records in the order of the file, to be read only.
func (x Index) Entries() []Entry { return x.entries }

// Size is the bytes of header and records.
func (x Index) Size() int64 {
	if n := len(x.entries); n > 0 {
		return x.entries[n-1].end()
	}
	return int64(len(header))
}

func (x Index) prepared() *timeline {
	if x.times == nil {
		return &timeline{}
	}
	x.times.once.Do(func() { x.times.prepare(x.entries) })
	return x.times
}

func (t *timeline) prepare(entries []Entry) {
	t.items = map[Item][]int{}
	for i, e := range entries {
		if e.Kind == KindIndex {
			continue // of an earlier closing, by a build that left it there
		}
		if e.Kind.Placed() {
			t.placed = append(t.placed, i)
			continue
		}
		t.stepped = append(t.stepped, i)
		if e.Kind.Joins() {
			t.batches = append(t.batches, i)
			continue
		}
		list := t.items[e.Item()]
		for len(list) > 0 && entries[list[len(list)-1]].Step >= e.Step {
			list = list[:len(list)-1] // of a past that was done again
		}
		t.items[e.Item()] = append(list, i)
	}
	for k := len(t.stepped) - 1; k >= 0; k-- {
		if n := len(t.lows); n == 0 || entries[t.stepped[k]].Step < entries[t.stepped[t.lows[n-1]]].Step {
			t.lows = append(t.lows, k)
		}
	}
}

// At is what the state was at a step, in the order of the file. Of each item that holds from its step on: the newest
// event of that step or an earlier one; of losses all batches that end by then. What names no step (Hello, Status, Log,
// Result, training) counts up to its place in the file: until the first event after the step.
func (x Index) At(step int) []Entry {
	t := x.prepared()
	var at []int
	for _, list := range t.items {
		if n := sort.Search(len(list), func(i int) bool { return x.entries[list[i]].Step > step }); n > 0 {
			at = append(at, list[n-1])
		}
	}
	for _, i := range t.batches {
		if x.entries[i].Step <= step {
			at = append(at, i)
		}
	}
	end := t.place(x.entries, step)
	newest := map[Item]bool{}
	for k := sort.SearchInts(t.placed, end) - 1; k >= 0; k-- {
		i := t.placed[k]
		if e := x.entries[i]; e.Kind.Joins() || !newest[e.Item()] {
			newest[e.Item()] = true
			at = append(at, i)
		}
	}
	slices.Sort(at)
	list := make([]Entry, len(at))
	for k, i := range at {
		list[k] = x.entries[i]
	}
	return list
}

// place is where in the file a step is over: before the first event behind the last one of the step or an earlier one.
func (t *timeline) place(entries []Entry, step int) int {
	n := sort.Search(len(t.lows), func(k int) bool { return entries[t.stepped[t.lows[k]]].Step <= step })
	next := 0
	if n < len(t.lows) {
		next = t.lows[n] + 1
	}
	if next < len(t.stepped) {
		return t.stepped[next]
	}
	return len(entries)
}

// Steps are the steps that have pictures (Images, Cloud), ascending: where a time slider can rest.
func (x Index) Steps() []int { return x.StepsOf(KindImages, KindCloud) }

// StepsOf are the steps of the events of some kinds that count, ascending, each once.
func (x Index) StepsOf(kinds ...Kind) []int {
	t := x.prepared()
	var steps []int
	for item, list := range t.items {
		if slices.Contains(kinds, item.Kind) {
			for _, i := range list {
				steps = append(steps, x.entries[i].Step)
			}
		}
	}
	for _, list := range [][]int{t.batches, t.placed} {
		for _, i := range list {
			if slices.Contains(kinds, x.entries[i].Kind) {
				steps = append(steps, x.entries[i].Step)
			}
		}
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

// First is the lowest step of an event that holds from its step on, 0 when there is none.
func (x Index) First() int { first, _ := x.span(); return first }

// Last is the highest step of an event that counts and holds from its step on, 0 when there is none.
func (x Index) Last() int { _, last := x.span(); return last }

func (x Index) span() (first, last int) {
	t := x.prepared()
	some := false
	take := func(low, high int) {
		if !some {
			first, last, some = low, high, true
		}
		first, last = min(first, low), max(last, high)
	}
	for _, list := range t.items {
		take(x.entries[list[0]].Step, x.entries[list[len(list)-1]].Step)
	}
	for _, i := range t.batches {
		take(x.entries[i].Step, x.entries[i].Step)
	}
	return first, last
}
