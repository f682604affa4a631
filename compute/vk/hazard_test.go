package vk

import (
	"errors"
	"strings"
	"testing"
)

func TestBarriersOnRealHazardsOnly(t *testing.T) {
	near, other := new(block), new(block)
	at := func(b *block, from int64) *Buffer { return &Buffer{block: b, at: from, bytes: 100} }
	a, b, c, far := at(near, 0), at(near, 100), at(near, 200), at(other, 0)
	rd := func(b *Buffer) Arg { return b.all(Read) }
	wr := func(b *Buffer) Arg { return b.all(Write) }
	for _, x := range []struct {
		name string
		ops  [][]Arg
		want []bool // waits
	}{
		{"read after read", [][]Arg{{rd(a)}, {rd(a)}}, []bool{false, false}},
		{"read after write", [][]Arg{{wr(a)}, {rd(a)}}, []bool{false, true}},
		{"write after read", [][]Arg{{rd(a)}, {wr(a)}}, []bool{false, true}},
		{"write after write", [][]Arg{{wr(a)}, {wr(a)}}, []bool{false, true}},
		{"neighbours", [][]Arg{{wr(a)}, {wr(b)}, {rd(c)}}, []bool{false, false, false}},
		{"same place of another block", [][]Arg{{wr(a)}, {wr(far)}}, []bool{false, false}},
		{"one barrier serves all", [][]Arg{{wr(a)}, {wr(b)}, {rd(a), wr(c)}, {rd(b)}}, []bool{false, false, true, false}},
		{"in place", [][]Arg{{a.all(ReadWrite)}, {a.all(ReadWrite)}}, []bool{false, true}},
		{"within one operation", [][]Arg{{rd(a), wr(a)}}, []bool{false}},
		{"overlap by a byte", [][]Arg{{wr(a)}, {{a.Slice(99, 2), Read}}}, []bool{false, true}},
		{"up to the byte before", [][]Arg{{{a.Slice(0, 50), Write}}, {{a.Slice(50, 50), Write}}}, []bool{false, false}},
	} {
		var h hazards
		for i, args := range x.ops {
			if wait := h.add(stageCompute, args); wait != 0 != x.want[i] {
				t.Errorf("%s: operation %d waits for %#x, want %v", x.name, i, wait, x.want[i])
			}
		}
	}
}

func TestBarriersNameTheirStages(t *testing.T) {
	b := &Buffer{block: new(block), bytes: 100}
	var h hazards
	for i, want := range []uint32{0, stageTransfer, stageCompute} {
		stage := []uint32{stageTransfer, stageCompute, stageCompute}[i]
		if got := h.add(stage, []Arg{b.all(Write)}); got != want {
			t.Errorf("operation %d waits for %#x, want %#x", i, got, want)
		}
	}
}

// A chain of dependent dispatches gives the exact result; independent ones
// have no barrier between them.
func TestBarriersOnTheDevice(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 64)
	const n = 1 << 14
	var v [4]*Buffer
	for i := range v {
		v[i] = floatBuffer(t, d, make([]float32, n)...)
	}
	one := floatBuffer(t, d, 1)
	r := d.NewRecorder("chain")
	r.Fill(v[0].Slice(0, 4*n), 0x3f800000)
	for range 5 { // v1 += v0; v2 += v1; v3 += v2
		for i := range 3 {
			axpy(r, k, 1, v[i].Slice(0, 4*n), v[i+1].Slice(0, 4*n))
		}
	}
	p := end(t, r)
	run(t, p)
	for i, want := range []float32{1, 5, 15, 35} {
		for j, got := range readFloats(t, v[i]) {
			if got != want {
				t.Fatalf("v%d[%d] is %v, want %v", i, j, got, want)
			}
		}
	}
	r = d.NewRecorder("independent")
	for i := range v {
		axpy(r, k, 1, one.Slice(0, 4), v[i].Slice(0, 4))
	}
	if p := end(t, r); p.Barriers() != 0 {
		t.Errorf("%d barriers between independent operations", p.Barriers())
	}
}

// The layer's own analysis finds a barrier that is left out, so that the other
// tests, which run under it, show that none is missing.
func TestMissingBarrierIsFound(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 64)
	x, y := floatBuffer(t, d, 1), floatBuffer(t, d, 1)
	r := d.NewRecorder("planted")
	axpy(r, k, 1, x.Slice(0, 4), y.Slice(0, 4))
	axpy(r, k, 1, y.Slice(0, 4), x.Slice(0, 4))
	r.ops[1].wait = 0
	if _, err := r.End(); !errors.Is(err, ErrValidation) || !strings.Contains(err.Error(), "HAZARD") {
		t.Errorf("got %v, want a hazard", err)
	}
}
