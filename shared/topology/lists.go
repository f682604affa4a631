package topology

// lists are the links of a graph with few edges for its points: each point has a list of its neighbours in the order in
// which they were joined.
type lists struct {
	from, to []int32     // by point: where its list begins, and ends so far
	steps    []step      // all lists
	hints    [][4]uint64 // by point: bit w%256 for each neighbour w, to see at once that two points have none in common
	marks    []step      // by point w, with {u,w}: now for a corner in no component returned so far, -now for the rest of u's
	link     []corner    // room for the link at hand
	size     int         // its corners
	left     int         // corners in no component returned so far
	front    []int32     // room for those of the component at hand whose neighbours were not looked at
	high     int         // how many those are
	now      int32       // how many links were met
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
	numbers := make([]int32, 3*g.N+1)
	steps := make([]step, g.N+2*len(g.Edges))
	l := &lists{
		from: numbers[:g.N+1], to: numbers[g.N+1 : 2*g.N+1], front: numbers[2*g.N+1:], link: make([]corner, g.N), hints: make([][4]uint64, g.N), marks: steps[:g.N], steps: steps[g.N:],
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

func (l *lists) join(u, v int32, class sum) bool {
	l.steps[l.to[u]] = step{v, class}
	l.steps[l.to[v]] = step{u, class}
	l.to[u]++
	l.to[v]++
	l.hints[u][v>>6&3] |= 1 << (v & 63)
	l.hints[v][u>>6&3] |= 1 << (u & 63)
	all := int32(len(l.to) - 1)
	return l.to[u]-l.from[u] == all || l.to[v]-l.from[v] == all
}

func (l *lists) meet(u, v int32) (uw, wv sum, ok bool) {
	l.now++
	l.size = 0
	if hu, hv := &l.hints[u], &l.hints[v]; hu[0]&hv[0]|hu[1]&hv[1]|hu[2]&hv[2]|hu[3]&hv[3] != 0 {
		l.search(u, v)
	}
	l.left = l.size
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
			l.link[l.size] = corner{s.point, m.class, s.class}
			l.size++
		}
	}
}

// take moves on to the lowest corner left.
func (l *lists) take() (uw, wv sum, ok bool) {
	l.high = 0
	if l.left == 0 {
		return 0, 0, false
	}
	low := corner{w: -1}
	for _, c := range l.link[:l.size] {
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
	l.front[l.high] = w
	l.high++
}

func (l *lists) further() (uw, wv sum, ok bool) {
	for l.high > 0 && l.left > 0 {
		l.high--
		x := l.front[l.high]
		for _, s := range l.near(x) {
			if l.marks[s.point].point == l.now {
				l.reach(s.point)
			}
		}
	}
	return l.take()
}
