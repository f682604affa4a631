package event

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

// indexOf lays events out as a log would.
func indexOf(events ...Event) Index {
	at := int64(len(header))
	var entries []Entry
	for _, e := range events {
		entries = append(entries, entryOf(Message{Event: e}, e.Kind(), at, 20))
		at += 20
	}
	return newIndex(entries)
}

func picture(class, step int) Images {
	return Images{Step: step, Class: class, Count: 1, Width: 1, Height: 1, Pixels: []byte{1, 2, 3}}
}

func points(from, to int) (m Metrics) {
	for s := from; s <= to; s++ {
		m.Points = append(m.Points, Point{Step: s})
	}
	return m
}

// A run of 20 steps that was killed after step 14 and went on from step 10.
func TestStateAtAStep(t *testing.T) {
	events := []Event{
		Hello{Run: "r"},              // 0
		Log{Text: "began"},           // 1
		picture(0, 0), picture(1, 0), // 2, 3
		points(0, 4),                 // 4
		picture(0, 5), picture(1, 5), // 5, 6
		points(5, 9),                   // 7
		StageEnd{Stage: 0, Step: 10},   // 8
		picture(0, 14), picture(1, 14), // 9, 10: killed here
		Hello{Run: "r"},                // 11
		Log{Text: "goes on"},           // 12
		picture(0, 10), picture(1, 10), // 13, 14
		points(10, 12),         // 15
		Log{Text: "at twelve"}, // 16
		picture(0, 20),         // 17
		Result{Path: "x"},      // 18
		Status{State: Done},    // 19
	}
	x := indexOf(events...)
	for step, want := range map[int][]int{
		0:  {0, 1, 2, 3},
		4:  {0, 1, 2, 3, 4},
		7:  {0, 1, 4, 5, 6},
		10: {1, 4, 7, 8, 11, 12, 13, 14},
		14: {1, 4, 7, 8, 11, 12, 13, 14, 15, 16},
		20: {1, 4, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19},
		99: {1, 4, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19},
	} {
		var got []int
		for _, e := range x.At(step) {
			got = append(got, int(e.Offset-8)/20)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("step %d: records %v, want %v", step, got, want)
		}
	}
	if got := x.Steps(); !reflect.DeepEqual(got, []int{0, 5, 10, 20}) {
		t.Errorf("pictures at %v: step 14 was done again", got)
	}
	if got := x.StepsOf(KindStageEnd); !reflect.DeepEqual(got, []int{10}) || x.First() != 0 || x.Last() != 20 {
		t.Errorf("stage ends at %v, steps %d to %d", got, x.First(), x.Last())
	}
	if e := (Index{}); len(e.At(5)) != 0 || e.Last() != 0 || len(e.Steps()) != 0 || e.Size() != 8 {
		t.Error("the zero index is not empty")
	}
}

// More records than one array of a message holds.
func TestIndexOfManyRecords(t *testing.T) {
	const n = MaxElements + 1000
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{Offset: int64(8 + 20*i), Size: 20, Kind: KindImages, Class: i % 100, Step: i / 100}
	}
	x := newIndex(entries)
	var b bytes.Buffer
	if _, err := x.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ReadIndex(bytes.NewReader(b.Bytes()))
	if err != nil || !reflect.DeepEqual(got.Entries(), entries) {
		t.Fatalf("%d entries, %v: want %d", got.Len(), err, n)
	}
	began := time.Now()
	if at := got.At(500); len(at) != 100 || at[7].Step != 500 {
		t.Errorf("%d entries at step 500, want one of each class", len(at))
	}
	t.Logf("first At of %d entries: %v", n, time.Since(began))
	for cut := 0; cut < b.Len(); cut += b.Len() / 7 {
		if _, err := ReadIndex(bytes.NewReader(b.Bytes()[:cut])); err == nil {
			t.Errorf("an index cut at %d of %d bytes is taken", cut, b.Len())
		}
	}
}

func BenchmarkAt(b *testing.B) {
	entries := make([]Entry, 100000)
	for i := range entries {
		entries[i] = Entry{Offset: int64(8 + 20*i), Size: 20, Kind: KindImages, Class: i % 200, Step: i / 200}
		if i%5 == 0 {
			entries[i].Kind = KindMetrics
		}
	}
	x := newIndex(entries)
	for i := 0; b.Loop(); i++ {
		x.At(i % 500)
	}
}
