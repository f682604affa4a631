package topology

import "math/bits"

// sum is a sum of loops over Z/2: 0 is the empty one, l+1 is loop l alone, and -i is list i of sums. Numbers tell sums
// of at most one living loop apart; lists may be equal.
type sum = int32

// sums holds the sums of two loops and more, and what became of each loop. One that dies equals a sum of earlier ones
// from then on. It is replaced by that only where it is the latest of a sum that is asked for: a sum whose latest loop
// lives is not 0, and to go further down would make the lists longer, not shorter.
type sums struct {
	equals   []sum   // by sum of one loop or none: itself while the loop lives
	loops    []int32 // all lists one behind the other, each with its latest loop first
	end      []int32 // by list, which starts where the one before ends; list 0 is empty
	resolved []sum   // by list: the same sum as last rewritten
	work     chain
}

func newSums(capacity int) sums {
	numbers := make([]int32, 4*capacity+3)
	take := func(used, room int) []int32 {
		list := numbers[:used:room]
		numbers = numbers[room:]
		return list
	}
	return sums{equals: take(1, capacity+1), loops: take(0, capacity), end: take(1, capacity+1), resolved: take(1, capacity+1)}
}

// newLoop starts a loop.
func (s *sums) newLoop() sum {
	l := sum(len(s.equals))
	s.equals = append(s.equals, l)
	return l
}

// setZero makes a sum of living loops equal 0: its latest loop dies.
func (s *sums) setZero(i sum) {
	list := s.list(i)
	s.loops = append(s.loops, list[1:]...)
	s.equals[list[0]+1] = s.closeList()
}

func (s *sums) alive(loop int32) bool { return s.equals[loop+1] == loop+1 }

// latest returns the latest loop of a sum that is not empty.
func (s *sums) latest(i sum) int32 { return s.list(i)[0] }

// add returns the sum of two sums; its latest loop lives.
func (s *sums) add(i, j sum) sum {
	if i == j {
		return 0
	}
	i, j = s.resolve(i), s.resolve(j)
	switch {
	case i == j:
		return 0
	case i == 0 || j == 0:
		return i + j
	}
	return s.join(i, j)
}

// join adds sums whose latest loops live.
func (s *sums) join(i, j sum) sum {
	from := len(s.loops)
	s.loops = difference(s.loops, s.list(i), s.list(j))
	if from == len(s.loops) || s.alive(s.loops[from]) {
		return s.closeList()
	}
	s.work.add(s.loops[from:])
	s.loops = s.loops[:from]
	return s.reduce()
}

// difference appends what is in one of two falling lists and not in both.
func difference(to, a, b []int32) []int32 {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] > b[0]:
			to = append(to, a[0])
			a = a[1:]
		case a[0] < b[0]:
			to = append(to, b[0])
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(append(to, a...), b...)
}

// resolve returns the same sum with a latest loop that lives.
func (s *sums) resolve(i sum) sum {
	if i >= 0 && s.equals[i] == i {
		return i
	}
	return s.resolveDead(i)
}

// resolveDead does so for a sum whose latest loop may be dead, and remembers it.
func (s *sums) resolveDead(i sum) sum {
	switch {
	case i > 0:
		s.equals[i] = s.resolve(s.equals[i])
		return s.equals[i]
	case s.resolved[-i] != i:
		s.resolved[-i] = s.resolve(s.resolved[-i])
	case !s.alive(s.latest(i)):
		s.work.add(s.list(i))
		s.resolved[-i] = s.reduce()
	}
	return s.resolved[-i]
}

// reduce replaces the latest loop at work by what it equals until it lives, and returns what is left.
func (s *sums) reduce() sum {
	for l := s.work.latest(); l >= 0 && !s.alive(l); l = s.work.latest() {
		s.work.add([]int32{l})
		s.work.add(s.list(s.equals[l+1]))
	}
	s.loops = s.work.drain(s.loops)
	return s.closeList()
}

// list returns the loops of a sum, the latest first.
func (s *sums) list(i sum) []int32 {
	switch {
	case i > 0:
		return []int32{i - 1}
	case i < 0:
		return s.loops[s.end[-i-1]:s.end[-i]]
	}
	return nil
}

// closeList returns the sum of the loops that were added behind the last list.
func (s *sums) closeList() sum {
	from := int(s.end[len(s.end)-1])
	switch len(s.loops) - from {
	case 0:
		return 0
	case 1:
		l := s.loops[from]
		s.loops = s.loops[:from]
		return l + 1
	}
	s.end = append(s.end, int32(len(s.loops)))
	s.resolved = append(s.resolved, sum(-len(s.resolved)))
	return s.resolved[len(s.resolved)-1]
}

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
