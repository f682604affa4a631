package vk

import "slices"

// align is the alignment of every buffer in its block: at least what any known
// device asks of a storage buffer's offset.
const align = 256

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// arena hands out spans of one block of memory. It knows nothing of Vulkan.
// The free spans are kept in order, never touching each other.
type arena struct {
	size int64
	free []span
}

// span is the bytes [at, at+bytes).
type span struct{ at, bytes int64 }

func newArena(size int64) arena { return arena{size: size, free: []span{{0, size}}} }

// take finds the smallest free span that holds n bytes, a multiple of align.
func (a *arena) take(n int64) (at int64, ok bool) {
	best := -1
	for i, s := range a.free {
		if s.bytes >= n && (best < 0 || s.bytes < a.free[best].bytes) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	s := &a.free[best]
	at = s.at
	s.at += n
	s.bytes -= n
	if s.bytes == 0 {
		a.free = slices.Delete(a.free, best, best+1)
	}
	return at, true
}

// give returns a span and joins it with its neighbours.
func (a *arena) give(at, n int64) {
	i, _ := slices.BinarySearchFunc(a.free, at, func(s span, at int64) int { return int(s.at - at) })
	a.free = slices.Insert(a.free, i, span{at, n})
	if i+1 < len(a.free) && at+n == a.free[i+1].at {
		a.free[i].bytes += a.free[i+1].bytes
		a.free = slices.Delete(a.free, i+1, i+2)
	}
	if i > 0 && a.free[i-1].at+a.free[i-1].bytes == at {
		a.free[i-1].bytes += a.free[i].bytes
		a.free = slices.Delete(a.free, i, i+1)
	}
}

func (a *arena) empty() bool { return len(a.free) == 1 && a.free[0].bytes == a.size }

// largest returns the size of the largest free span.
func (a *arena) largest() int64 {
	var most int64
	for _, s := range a.free {
		most = max(most, s.bytes)
	}
	return most
}
