package topology

// sum is a sum of loops over Z/2: 0 is the empty one, l+1 is loop l alone, and -i is list i of sums. Numbers tell sums
// of at most one living loop apart; lists may be equal.
type sum = int32

// sums holds the sums of two loops and more, and what became of each loop. One that dies equals a sum of earlier ones
// from then on. It is replaced by that only where it is the latest of a sum that is asked for: a sum whose latest loop
// lives is not 0, and to go further down would make the lists longer, not shorter.
type sums struct {
	equals []sum   // by sum of one loop or none: itself while the loop lives
	loops  []int32 // all lists one behind the other, each with its latest loop first
	end    []int32 // by list, which starts where the one before ends; list 0 is empty
	now    []sum   // by list: the same sum as last rewritten
	work   chain
}

func newSums(room int) sums {
	numbers := make([]int32, 4*room+3)
	take := func(used, room int) []int32 {
		list := numbers[:used:room]
		numbers = numbers[room:]
		return list
	}
	return sums{equals: take(1, room+1), loops: take(0, room), end: take(1, room+1), now: take(1, room+1)}
}

// open starts a loop.
func (s *sums) open() sum {
	l := sum(len(s.equals))
	s.equals = append(s.equals, l)
	return l
}

// vanish makes a sum of living loops equal 0: its latest loop dies.
func (s *sums) vanish(i sum) {
	list := s.list(i)
	s.loops = append(s.loops, list[1:]...)
	s.equals[list[0]+1] = s.seal()
}

func (s *sums) lives(loop int32) bool { return s.equals[loop+1] == loop+1 }

// latest returns the latest loop of a sum that is not empty.
func (s *sums) latest(i sum) int32 { return s.list(i)[0] }

// add returns the sum of two sums; its latest loop lives.
func (s *sums) add(i, j sum) sum {
	if i == j {
		return 0
	}
	i, j = s.living(i), s.living(j)
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
	if from == len(s.loops) || s.lives(s.loops[from]) {
		return s.seal()
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

// living returns the same sum with a latest loop that lives.
func (s *sums) living(i sum) sum {
	if i >= 0 && s.equals[i] == i {
		return i
	}
	return s.rewrite(i)
}

// rewrite does so for a sum whose latest loop may be dead, and remembers it.
func (s *sums) rewrite(i sum) sum {
	switch {
	case i > 0:
		s.equals[i] = s.living(s.equals[i])
		return s.equals[i]
	case s.now[-i] != i:
		s.now[-i] = s.living(s.now[-i])
	case !s.lives(s.latest(i)):
		s.work.add(s.list(i))
		s.now[-i] = s.reduce()
	}
	return s.now[-i]
}

// reduce replaces the latest loop at work by what it equals until it lives, and returns what is left.
func (s *sums) reduce() sum {
	for l := s.work.latest(); l >= 0 && !s.lives(l); l = s.work.latest() {
		s.work.add([]int32{l})
		s.work.add(s.list(s.equals[l+1]))
	}
	s.loops = s.work.drain(s.loops)
	return s.seal()
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

// seal returns the sum of the loops that were added behind the last list.
func (s *sums) seal() sum {
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
	s.now = append(s.now, sum(-len(s.now)))
	return s.now[len(s.now)-1]
}
