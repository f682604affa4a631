package graph

import (
	"math/rand/v2"
	"testing"
)

// Stores alive at the same time never overlap, whatever the sizes and lives,
// and none crosses a slab.
func TestPlanKeepsLivesApart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 200 {
		n := 1 + r.IntN(60)
		slab := 0
		if trial%2 == 1 {
			slab = 64 * 64
		}
		stores := make([]*store, n)
		for i := range stores {
			first := r.IntN(40)
			stores[i] = &store{words: 1 + r.IntN(2000), first: first, last: first + r.IntN(10)}
		}
		total := plan(stores, slab)
		for i, a := range stores {
			if a.offset%align != 0 || a.offset+a.words > total {
				t.Fatalf("store %d at %d+%d: want aligned and below %d", i, a.offset, a.words, total)
			}
			if slab > 0 && a.offset/slab != (a.offset+a.words-1)/slab {
				t.Fatalf("store %d at %d+%d crosses a slab of %d", i, a.offset, a.words, slab)
			}
			for _, b := range stores[:i] {
				together := a.first <= b.last && b.first <= a.last
				if together && a.offset < b.offset+b.words && b.offset < a.offset+a.words {
					t.Fatalf("stores [%d,%d) and [%d,%d) overlap", a.offset, a.offset+a.words, b.offset, b.offset+b.words)
				}
			}
		}
	}
}

// Values that live one after the other share memory.
func TestPlanReuses(t *testing.T) {
	var stores []*store
	for i := range 10 {
		stores = append(stores, &store{words: 1000, first: i, last: i + 1})
	}
	if total := plan(stores, 0); total != 2*1024 {
		t.Fatalf("a chain of ten takes %d words, want two buffers of 1024", total)
	}
}
