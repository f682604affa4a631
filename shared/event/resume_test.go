package event

import "testing"

// What a viewer says it holds is of the present run alone, the newest of each item, with the last of what adds up.
func TestLedgerHoldsOneRun(t *testing.T) {
	var l Ledger
	if _, ok := l.Resumption(0); ok {
		t.Error("an empty ledger offers something")
	}
	for seq, e := range []Event{picture(0, 3), picture(1, 3), Metrics{}, Log{Text: "a"}, Squeeze{}} {
		l.Note(Message{Run: 7, Seq: uint64(seq + 1), Event: e})
	}
	l.Note(Message{Run: 7, Seq: 9, Event: picture(1, 5)})
	l.Note(Message{Run: 7, Seq: 10, Event: Flow{}}) // of no topic, as what no item is
	l.Note(Message{Run: 7, Seq: 11})                // of a kind not known
	r, ok := l.Resumption(7)
	if !ok || r.Run != 7 || r.Metrics != 3 || r.Line != 4 || r.Squeeze != 5 || len(r.Held) != 2 ||
		r.Held[0] != (Held{Kind: KindImages, Class: 1, Seq: 9, Side: 1}) || r.Held[1] != (Held{Kind: KindImages, Seq: 1, Side: 1}) {
		t.Errorf("%v, %+v", ok, r)
	}
	if _, ok := l.Resumption(8); ok {
		t.Error("it offers what it holds to another run")
	}
	l.Note(Message{Run: 8, Seq: 2, Event: picture(2, 0)})
	if _, ok := l.Resumption(7); ok {
		t.Error("the run before is still offered")
	}
	if r, ok := l.Resumption(8); !ok || len(r.Held) != 1 || r.Held[0].Class != 2 || r.Metrics != 0 || r.Line != 0 || r.Squeeze != 0 {
		t.Errorf("of the new run: %v, %+v", ok, r)
	}
}

// However much a viewer holds, its message is one a server reads, and leaves out the oldest.
func TestResumptionFitsInAMessage(t *testing.T) {
	for _, far := range []uint64{0, 1 << 60} { // short numbers, long ones
		var l Ledger
		const items = 2 * MaxHeld
		for i := range items {
			l.Note(Message{Run: 1, Seq: far + uint64(i) + 1, Event: Images{Class: i, First: int(far >> 20), Count: 1, Width: 1 + int(far>>40)}})
		}
		r, _ := l.Resumption(1)
		data, err := Encode(Message{Event: r})
		if err != nil || len(data) > 64<<10 {
			t.Fatalf("%d items: %d bytes, %v: want 64 KiB at most", len(r.Held), len(data), err)
		}
		if n := len(r.Held); n < 1500 || n > MaxHeld || r.Held[0].Seq != far+items || r.Held[n-1].Seq != far+items-uint64(n)+1 {
			t.Errorf("%d items, number %d to %d: want the newest, from %d on", n, r.Held[0].Seq, r.Held[n-1].Seq, far+items)
		}
	}
}
