package graph

import (
	"slices"
	"sort"
)

// align is the granularity of the arena in words: 256 bytes, the largest
// storage-buffer offset alignment Vulkan allows.
const align = 64

// plan places stores in one arena so that those alive at the same time do not
// overlap, and returns the arena's size in words. Each in turn gets the lowest
// free offset: the largest first (greedy by size; Pisarchyk and Lee 2020 measure
// it within a few per cent of optimal on networks), or those first that take
// the most words for the longest time, whichever ends lower. No store crosses a
// multiple of slab words, so the arena may be cut there into separate buffers.
func plan(stores []*store, slab int) int {
	least, offsets := -1, make([]int, len(stores))
	for _, weight := range []func(*store) int{
		func(s *store) int { return s.words },
		func(s *store) int { return s.words * (s.last - s.first + 1) },
	} {
		order := slices.Clone(stores)
		slices.SortStableFunc(order, func(a, b *store) int { return weight(b) - weight(a) })
		if words := place(order, slab); least < 0 || words < least {
			least = words
			for i, s := range stores {
				offsets[i] = s.offset
			}
		}
	}
	for i, s := range stores {
		s.offset = offsets[i]
	}
	return least
}

// place gives the stores in turn the lowest offset that is free in their time,
// and returns where the last one ends.
func place(order []*store, slab int) int {
	var placed []*store // by offset
	total := 0
	for _, s := range order {
		size := (s.words + align - 1) / align * align
		at := 0
		for _, p := range placed {
			if p.last < s.first || s.last < p.first {
				continue
			}
			if fits(at, size, p.offset, slab) {
				break
			}
			at = max(at, p.offset+(p.words+align-1)/align*align)
			if slab > 0 && at/slab != (at+size-1)/slab {
				at = (at/slab + 1) * slab
			}
		}
		s.offset = at
		total = max(total, at+size)
		i := sort.Search(len(placed), func(i int) bool { return placed[i].offset > at })
		placed = slices.Insert(placed, i, s)
	}
	return total
}

// fits reports whether [at, at+size) lies before the next occupied offset and
// inside one slab.
func fits(at, size, next, slab int) bool {
	return at+size <= next && (slab <= 0 || at/slab == (at+size-1)/slab)
}
