package figure

import (
	"math/bits"
	"slices"

	"reta/shared/topology"
)

// Loop returns a representative cycle of a bar of degree 1 as rings, each a list of
// at least three points in order around it. All its edges are there at the bar's
// birth. It is nil for other bars, and where the set's edges are not those its bars
// were computed from. It is computed when first asked for.
func (s *Shape) Loop(bar int) [][]int {
	if bar < 0 || bar >= len(s.Bars) || s.Bars[bar].Degree != 1 {
		return nil
	}
	if rings, ok := s.rings[bar]; ok {
		return rings
	}
	if s.homology == nil {
		s.compute()
	}
	var rings [][]int
	if at, ok := s.loopOf[bar]; ok {
		rings = s.trace(s.homology.Loop(at))
	}
	if s.rings == nil {
		s.rings = map[int][][]int{}
	}
	s.rings[bar] = rings
	return rings
}

// compute finds the homology of edges that came without it. They are weighted by
// rank, since their lengths, rounded to float32, would break ties in another order.
func (s *Shape) compute() {
	s.homology, s.loopOf = &topology.Homology{}, map[int]int{}
	edges := make([]topology.Edge, len(s.Edges))
	for i, e := range s.Edges {
		edges[i] = topology.Edge{I: int32(min(e.I, e.J)), J: int32(max(e.I, e.J)), Weight: float64(i)}
	}
	graph, err := topology.NewGraph(len(s.Points), edges)
	if err != nil {
		return // not a graph: its bars have no loops to show
	}
	s.homology = topology.Persistence(graph)
	born := map[[2]int]int{}
	for i, b := range s.homology.Bars[1] {
		e := graph.Edges[b.BirthEdge]
		born[[2]int{int(e.I), int(e.J)}] = i
	}
	for bar, b := range s.Bars {
		if at, ok := born[sorted(b.BirthEdge)]; ok && b.Degree == 1 {
			s.loopOf[bar] = at
		}
	}
}

func sorted(e [2]int) [2]int { return [2]int{min(e[0], e[1]), max(e[0], e[1])} }

// trace orders the edges of a cycle, in which every point has an even number of them,
// into rings without a point twice.
func (s *Shape) trace(cycle []int) (rings [][]int) {
	near := map[int][]int{} // edges not walked yet, by point
	for _, e := range cycle {
		near[s.Edges[e].I] = append(near[s.Edges[e].I], e)
		near[s.Edges[e].J] = append(near[s.Edges[e].J], e)
	}
	for _, e := range cycle {
		path := []int{s.Edges[e].I}
		for len(path) > 0 {
			at := path[len(path)-1]
			if len(near[at]) == 0 {
				break // back at the start with nothing left
			}
			step := near[at][0]
			next := s.Edges[step].I + s.Edges[step].J - at
			near[at] = near[at][1:]
			near[next] = slices.DeleteFunc(near[next], func(o int) bool { return o == step })
			if from := slices.Index(path, next); from >= 0 {
				rings = append(rings, slices.Clone(path[from:]))
				path = path[:from]
			}
			path = append(path, next)
		}
	}
	return rings
}

// BirthEdge returns the ends of the edge whose arrival opens a loop.
func (s *Shape) BirthEdge(bar int) (i, j int, ok bool) {
	if bar < 0 || bar >= len(s.Bars) {
		return 0, 0, false
	}
	e := s.Bars[bar].BirthEdge
	return e[0], e[1], e[0] != e[1]
}

// DeathEdge returns the ends of the edge whose arrival ends a bar: it merges two
// components, or fills a loop.
func (s *Shape) DeathEdge(bar int) (i, j int, ok bool) {
	if bar < 0 || bar >= len(s.Bars) || s.Bars[bar].Essential {
		return 0, 0, false
	}
	e := s.Bars[bar].DeathEdge
	return e[0], e[1], e[0] != e[1]
}

// DeathTriangle returns the triangle that fills a loop: its longest edge is the
// death edge i, j. Of the triangles that enter with that edge the first fills the
// edge's own, new ring; the loop dies by one whose third point k is not joined to the
// first's among the edge's common neighbours.
func (s *Shape) DeathTriangle(bar int) (i, j, k int, ok bool) {
	i, j, ok = s.DeathEdge(bar)
	if !ok || s.Bars[bar].Degree != 1 {
		return 0, 0, 0, false
	}
	t, known := s.killers[bar]
	if !known {
		if s.killers == nil {
			s.killers = map[int][3]int{}
		}
		t = s.killer(bar, i, j)
		s.killers[bar] = t
	}
	return t[0], t[1], t[2], t[0] != t[1]
}

// mostLinked bounds the points among which a death triangle is looked for: the bits of
// all pairs take 8 MiB then.
const mostLinked = 1 << 13

// killer finds the death triangle on the edge i, j; three equal points for none.
func (s *Shape) killer(bar, i, j int) [3]int {
	if len(s.Points) > mostLinked {
		return [3]int{}
	}
	l := newLinks(len(s.Points))
	for _, e := range s.Edges {
		parts := l.enter(e.I, e.J)
		if sorted([2]int{e.I, e.J}) != sorted([2]int{i, j}) {
			continue
		}
		if len(parts) == 0 {
			break
		}
		turn := 1 // among the loops that die of this edge
		for b := range bar {
			if s.Bars[b].Degree == 1 && !s.Bars[b].Essential && s.Bars[b].DeathEdge == s.Bars[bar].DeathEdge {
				turn++
			}
		}
		return [3]int{i, j, parts[min(turn, len(parts)-1)]}
	}
	return [3]int{}
}

// Merging returns the points of the two components that the death edge of a bar of
// degree 0 joins, as they are just before: the larger first. They are not to be changed.
func (s *Shape) Merging(bar int) (stays, goes []int) {
	i, j, ok := s.DeathEdge(bar)
	if !ok || s.Bars[bar].Degree != 0 {
		return nil, nil
	}
	if m := &s.merging; m.asked && m.bar == bar {
		return m.stays, m.goes
	}
	sets := newForest(len(s.Points))
	for _, e := range s.Edges {
		if sorted([2]int{e.I, e.J}) == sorted([2]int{i, j}) {
			break
		}
		sets.union(e.I, e.J)
	}
	a, b := sets.find(i), sets.find(j)
	if sets.size[b] > sets.size[a] {
		a, b = b, a
	}
	for p := range s.Points {
		switch sets.find(p) {
		case a:
			stays = append(stays, p)
		case b:
			goes = append(goes, p)
		}
	}
	s.merging.asked, s.merging.bar, s.merging.stays, s.merging.goes = true, bar, stays, goes
	return stays, goes
}

// links finds the link of each edge as it enters: the points joined to both its ends
// before it, with the earlier edges among them.
type links struct {
	words int
	rows  []uint64 // neighbours of each point, as bits
	left  []uint64
	front []uint64
}

func newLinks(n int) *links {
	w := (n + 63) / 64
	return &links{words: w, rows: make([]uint64, n*w), left: make([]uint64, w), front: make([]uint64, w)}
}

func (l *links) row(i int) []uint64 { return l.rows[i*l.words:][:l.words] }

// enter adds the edge i, j and returns the lowest point of each component of its link.
func (l *links) enter(i, j int) (parts []int) {
	a, b := l.row(i), l.row(j)
	for w := range l.left {
		l.left[w] = a[w] & b[w]
	}
	for w := range l.left {
		for l.left[w] != 0 {
			first := w<<6 + bits.TrailingZeros64(l.left[w])
			parts = append(parts, first)
			l.spread(first)
		}
	}
	a[j>>6] |= 1 << (j & 63)
	b[i>>6] |= 1 << (i & 63)
	return parts
}

// spread takes the component of a point out of what is left of the link.
func (l *links) spread(from int) {
	clear(l.front)
	l.front[from>>6] |= 1 << (from & 63)
	l.left[from>>6] &^= 1 << (from & 63)
	for at := 0; at < l.words; at++ {
		for l.front[at] != 0 {
			v := at<<6 + bits.TrailingZeros64(l.front[at])
			l.front[at] &^= 1 << (v & 63)
			back, rest := at, uint64(0)
			for w, near := range l.row(v) {
				if found := near & l.left[w]; found != 0 {
					l.front[w] |= found
					l.left[w] &^= found
					back = min(back, w)
				}
				rest |= l.left[w]
			}
			if rest == 0 {
				return
			}
			at = back
		}
	}
}
