package vk

import (
	"math/rand/v2"
	"testing"
)

func TestArenaTakesTheBestFit(t *testing.T) {
	a := newArena(10 * align)
	var at [5]int64
	for i := range at {
		at[i], _ = a.take(2 * align)
	}
	if _, ok := a.take(align); ok {
		t.Error("a full arena gave a span")
	}
	a.give(at[0], 2*align)
	a.give(at[1], 2*align) // a hole of 4
	a.give(at[3], 2*align) // a hole of 2
	if got, _ := a.take(2 * align); got != at[3] {
		t.Errorf("took %d, want the hole of exactly that size at %d", got, at[3])
	}
	if got, ok := a.take(4 * align); !ok || got != 0 {
		t.Errorf("took %d, want 0: neighbouring holes are one", got)
	}
}

// Spans in use never overlap, free ones are sorted and apart, nothing is lost.
func TestArenaAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const units = 200
	a := newArena(units * align)
	used := map[int64]int64{}
	for range 20_000 {
		if len(used) > 0 && r.IntN(2) == 0 {
			for at, n := range used {
				a.give(at, n)
				delete(used, at)
				break
			}
		} else if n := align * (1 + r.Int64N(20)); true {
			if at, ok := a.take(n); ok {
				used[at] = n
			} else if a.largest() >= n {
				t.Fatalf("refused %d with %d free in one piece", n, a.largest())
			}
		}
		checkArena(t, &a, used)
	}
	for at, n := range used {
		a.give(at, n)
	}
	if !a.empty() {
		t.Errorf("free spans after all are given back: %v", a.free)
	}
}

func checkArena(t *testing.T, a *arena, used map[int64]int64) {
	t.Helper()
	owner := make([]int, a.size/align)
	mark := func(at, n int64) {
		for i := at / align; i < (at+n)/align; i++ {
			owner[i]++
		}
	}
	last := int64(-1)
	for _, s := range a.free {
		if s.at <= last || s.bytes <= 0 {
			t.Fatalf("free spans touch or are out of order: %v", a.free)
		}
		last = s.at + s.bytes
		mark(s.at, s.bytes)
	}
	for at, n := range used {
		mark(at, n)
	}
	for i, n := range owner {
		if n != 1 {
			t.Fatalf("unit %d belongs to %d spans", i, n)
		}
	}
}
