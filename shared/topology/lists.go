package topology

// lists are the links of a graph with few edges for its points: each point has a list of its neighbours in the order in
// which they were joined.
type lists struct {
	from, to []int32  // by point: where its list begins, and ends so far
	steps    []step   // all lists
	hints    []uint64 // by point: bit w%64 for each neighbour w, to see at once that two points have none in common
	marks    []step   // by point w, with the class of {u,w}: now for a corner in no component returned so far, -now for the rest of u's
	link     []corner // all of the link at hand
	left     int      // corners in no component returned so far
	front    []int32  // those of the component at hand whose neighbours were not looked at
	now      int32    // how many links were met
}

// step leads to a point along an edge of a class.
type step struct {
	point int32
	class sum
}

// corner is a vertex of a link with the classes of the two edges to it.
type corner struct {
	w      int32
	uw, wv sum
}

func newLists(g *Graph) *lists {
	numbers := make([]int32, 2*g.N+1)
	steps := make([]step, g.N+2*len(g.Edges))
	l := &lists{
		from: numbers[:g.N+1], to: numbers[g.N+1:], hints: make([]uint64, g.N), marks: steps[:g.N], steps: steps[g.N:],
	}
	for _, e := range g.Edges {
		l.from[e.I+1]++
		l.from[e.J+1]++
	}
	for v := range g.N {
		l.to[v] = l.from[v]
		l.from[v+1] += l.from[v]
	}
	return l
}

func (l *lists) near(v int32) []step { return l.steps[l.from[v]:l.to[v]] }

func (l *lists) join(u, v int32, class sum) (cone bool) {
	l.append(u, step{v, class})
	l.append(v, step{u, class})
	return max(len(l.near(u)), len(l.near(v))) == len(l.to)-1
}

func (l *lists) append(u int32, s step) {
	l.steps[l.to[u]] = s
	l.to[u]++
	l.hints[u] |= 1 << (s.point & 63)
}

func (l *lists) meet(u, v int32) (uw, wv sum, ok bool) {
	l.now++
	l.link = l.link[:0]
	if l.hints[u]&l.hints[v] != 0 {
		l.search(u, v)
	}
	l.left = len(l.link)
	return l.take()
}

// search finds the link of {u,v}.
func (l *lists) search(u, v int32) {
	marks, now := l.marks, l.now
	for _, s := range l.near(u) {
		marks[s.point] = step{-now, s.class}
	}
	for _, s := range l.near(v) {
		if m := &marks[s.point]; m.point == -now {
			m.point = now
			l.link = append(l.link, corner{s.point, m.class, s.class})
		}
	}
}

// take moves on to the lowest corner left.
func (l *lists) take() (uw, wv sum, ok bool) {
	l.front = l.front[:0]
	if l.left == 0 {
		return 0, 0, false
	}
	low := corner{w: -1}
	for _, c := range l.link {
		if l.marks[c.w].point == l.now && uint32(c.w) < uint32(low.w) {
			low = c
		}
	}
	l.reach(low.w)
	return low.uw, low.wv, true
}

func (l *lists) reach(w int32) {
	l.marks[w].point = 0
	l.left--
	l.front = append(l.front, w)
}

func (l *lists) further() (uw, wv sum, ok bool) {
	for len(l.front) > 0 && l.left > 0 {
		x := l.front[len(l.front)-1]
		l.front = l.front[:len(l.front)-1]
		for _, s := range l.near(x) {
			if l.marks[s.point].point == l.now {
				l.reach(s.point)
			}
		}
	}
	return l.take()
}
