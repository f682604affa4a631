package topology

import "math/bits"

// chain is a set of loops with a quick maximum, under addition over Z/2. Two levels of bits, so that finding the latest
// of m loops looks at m/4096 words and not m/64. A reduction only ever goes down, so latest starts where it last
// stopped.
type chain struct {
	set, used []uint64 // used has a bit for every word of set that is not zero, and may have more
	top       int      // no word of used above it has a bit
}

// grow makes room for loops below n.
func (c *chain) grow(n int) {
	for n > 64*len(c.set) {
		c.set = append(c.set, make([]uint64, 64)...)
		c.used = append(c.used, 0)
	}
}

// add adds a list of loops, the latest first.
func (c *chain) add(loops []int32) {
	if len(loops) > 0 {
		c.grow(int(loops[0]) + 1)
	}
	for _, l := range loops {
		word := l >> 6
		c.set[word] ^= 1 << (l & 63)
		c.used[word>>6] |= 1 << (word & 63)
		c.top = max(c.top, int(word>>6))
	}
}

// latest returns the largest loop in the chain, -1 when it is empty.
func (c *chain) latest() int32 {
	for ; c.top >= 0; c.top-- {
		for c.top < len(c.used) && c.used[c.top] != 0 {
			low := bits.Len64(c.used[c.top]) - 1
			word := c.top<<6 + low
			if c.set[word] != 0 {
				return int32(word<<6 + bits.Len64(c.set[word]) - 1)
			}
			c.used[c.top] &^= 1 << low
		}
	}
	c.top = 0
	return -1
}

// drain empties the chain onto list, latest loop first.
func (c *chain) drain(list []int32) []int32 {
	for l := c.latest(); l >= 0; l = c.latest() {
		list = append(list, l)
		c.set[l>>6] &^= 1 << (l & 63)
	}
	return list
}
