package graph

import "sort"

// align is the granularity of the arena in words: 256 bytes, the largest
// storage-buffer offset alignment Vulkan allows.
const align = 64

// plan places stores in one arena so that those alive at the same time do not
// overlap, and returns the arena's size in words. Largest first, each at the
// lowest free offset (greedy by size; Pisarchyk and Lee 2020 measure it within
// a few per cent of optimal on networks). No store crosses a multiple of slab
// words, so the arena may be cut there into separate buffers.
func plan(stores []*store, slab int) int {
	order := append([]*store(nil), stores...)
	sort.SliceStable(order, func(i, j int) bool { return order[i].words > order[j].words })
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
		placed = append(placed, nil)
		copy(placed[i+1:], placed[i:])
		placed[i] = s
	}
	return total
}

// fits reports whether [at, at+size) lies before the next occupied offset and
// inside one slab.
func fits(at, size, next, slab int) bool {
	return at+size <= next && (slab <= 0 || at/slab == (at+size-1)/slab)
}
