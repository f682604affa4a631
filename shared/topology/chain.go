package topology

import "math/bits"

// chain is a sum of edges over Z/2: a set of edge indices with a quick maximum. Two levels of bits, so that finding
// the latest of m edges looks at m/4096 words and not m/64. A reduction only ever goes down,
// so latest starts where it last stopped.
type chain struct {
	set, used []uint64 // used has a bit for every word of set that is not zero
	top       int      // no word of used above it has a bit
}

func newChain(edges int) *chain {
	words := (edges + 63) / 64
	return &chain{set: make([]uint64, words), used: make([]uint64, (words+63)/64)}
}

// toggle adds edges.
func (c *chain) toggle(edges ...int32) {
	for _, e := range edges {
		word, bit := e>>6, e>>12
		c.set[word] ^= 1 << (e & 63)
		if c.set[word] != 0 {
			c.used[bit] |= 1 << (word & 63)
		} else {
			c.used[bit] &^= 1 << (word & 63)
		}
		c.top = max(c.top, int(bit))
	}
}

// latest returns the largest index in the chain, -1 when it is empty.
func (c *chain) latest() int32 {
	for ; c.top >= 0; c.top-- {
		if c.top < len(c.used) && c.used[c.top] != 0 {
			word := c.top<<6 + bits.Len64(c.used[c.top]) - 1
			return int32(word<<6 + bits.Len64(c.set[word]) - 1)
		}
	}
	c.top = 0
	return -1
}

// drain empties the chain onto list, latest edge first.
func (c *chain) drain(list []int32) []int32 {
	for e := c.latest(); e >= 0; e = c.latest() {
		list = append(list, e)
		c.toggle(e)
	}
	return list
}
