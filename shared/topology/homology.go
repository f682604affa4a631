package topology

import (
	"math"
	"math/bits"
	"slices"
)

// Bar is one class of homology: it is born at Birth and dies at Death, +Inf when it never does. BirthEdge and DeathEdge
// are the critical edges, indices into Graph.Edges, or -1: Degree 0 is born with a vertex and so has no birth edge, an
// essential bar has no death edge. Moving the two end points of these edges is the only way to move the bar.
type Bar struct {
	Degree               int
	Birth, Death         float64
	BirthEdge, DeathEdge int
}

// Essential reports whether the bar never dies.
func (b Bar) Essential() bool { return b.DeathEdge < 0 }

// Persistence returns Death - Birth.
func (b Bar) Persistence() float64 { return b.Death - b.Birth }

// Homology is the persistent homology of a graph's flag complex over Z/2 in degree 0 (components) and 1 (loops).
// Bars[q] lists degree q: the finite bars in order of their death, then the essential ones in order of their birth.
// Bars of length zero are left out.
type Homology struct {
	Graph *Graph
	Bars  [2][]Bar
	loops [][]int32 // cycle ended by each finite bar of Bars[1]
}

// Persistence computes H0 and H1 by adding one edge at a time, without a list of triangles.
//
// Let e = {u,v} enter, and look at its link: the common neighbours of u and v joined to both before, with the earlier
// edges among them.
//   - Empty link: e merges two components, which ends a bar of H0, or opens a loop, a class of H1.
//   - Otherwise e is filled the moment it enters, by the triangle with any one vertex of the link: their pair has
//     length zero. The link's other triangles are the same up to boundaries of tetrahedra as long as they lie in one
//     component of the link; every further component glues in one 4-cycle (u, w, v, w'), and may end one older loop.
//
// A 4-cycle is reduced by its latest edge: if that edge was filled, its own triangle is added; if an earlier reduced
// cycle ends on it, that cycle is added; otherwise it is the birth edge of the loop that dies here. This is the
// reduction of the boundary matrix with all pairs of length zero taken out beforehand (see Koyama, Memoli, Robins and
// Turner on the reduced Vietoris-Rips complex; "apparent pairs" in Ripser, Bauer 2021).
func Persistence(g *Graph) *Homology {
	r := newReduction(g)
	h := &Homology{Graph: g, Bars: [2][]Bar{make([]Bar, 0, g.N)}}
	for e, edge := range g.Edges {
		switch {
		case r.meet(edge.I, edge.J):
			first := r.flood()
			for r.loops > 0 { // with no loop open, a cycle can end nothing
				w := r.flood()
				if w < 0 {
					break
				}
				r.cycle.toggle(r.rank(edge.I, first), r.rank(first, edge.J), r.rank(edge.I, w), r.rank(w, edge.J))
				birth := r.reduce()
				if birth < 0 {
					continue
				}
				r.loops--
				if b := g.Edges[birth].Weight; b < edge.Weight {
					h.Bars[1] = append(h.Bars[1], Bar{1, b, edge.Weight, birth, e})
					h.loops = append(h.loops, r.cycles[len(r.cycles)-1])
				}
			}
			r.state[e] = first
		case !r.parts.union(edge.I, edge.J):
			r.state[e] = open
			r.loops++
		case edge.Weight > 0:
			h.Bars[0] = append(h.Bars[0], Bar{0, 0, edge.Weight, -1, e})
		}
		r.join(edge.I, edge.J, int32(e))
	}
	for range r.parts.count {
		h.Bars[0] = append(h.Bars[0], Bar{0, 0, math.Inf(1), -1, -1})
	}
	for e, s := range r.state {
		if s == open {
			h.Bars[1] = append(h.Bars[1], Bar{1, g.Edges[e].Weight, math.Inf(1), e, -1})
		}
	}
	return h
}

// The state of an edge: a value >= 0 is the third vertex of the triangle that filled it; ended-c says that the loop it
// opened was ended by reduced cycle c.
const (
	merged = -1 // merged two components, or has not entered yet
	open   = -2 // opened a loop that lives
	ended  = -3
)

// reduction is the state between two edges.
type reduction struct {
	graph  *Graph
	words  int      // of one bit row
	near   []uint64 // bit rows: neighbours joined so far
	ranks  []int32  // by pair(u, v): index of edge {u,v}, meaningful once it is joined
	link   []uint64 // common neighbours of the edge at hand not flooded yet
	stack  []int32
	parts  *partition
	state  []int32
	loops  int // open now
	cycle  *chain
	cycles [][]int32
	arena  []int32
}

func newReduction(g *Graph) *reduction {
	n, words := g.N, (g.N+63)/64
	rows := make([]uint64, (n+1)*words)
	r := &reduction{
		graph: g, words: words,
		link: rows[:words], near: rows[words:],
		ranks: make([]int32, n*(n-1)/2), stack: make([]int32, 0, n), arena: make([]int32, 0, 8*n),
		parts: newPartition(n), state: make([]int32, len(g.Edges)), cycle: newChain(len(g.Edges)),
	}
	for e := range r.state {
		r.state[e] = merged
	}
	return r
}

func (r *reduction) row(u int32) []uint64 { return r.near[int(u)*r.words:][:r.words] }

func (r *reduction) rank(u, v int32) int32 { return r.ranks[pair(u, v)] }

// pair numbers the unordered pairs.
func pair(u, v int32) int {
	low, high := int(min(u, v)), int(max(u, v))
	return high*(high-1)/2 + low
}

func (r *reduction) join(u, v, e int32) {
	r.row(u)[v>>6] |= 1 << (v & 63)
	r.row(v)[u>>6] |= 1 << (u & 63)
	r.ranks[pair(u, v)] = e
}

// meet loads the link of {u,v} and reports whether it has a vertex.
func (r *reduction) meet(u, v int32) bool {
	a, b := r.row(u), r.row(v)
	any := uint64(0)
	for i := range r.link {
		r.link[i] = a[i] & b[i]
		any |= r.link[i]
	}
	return any != 0
}

// flood takes one component off the link and returns its lowest vertex, -1 when the link is empty.
func (r *reduction) flood() int32 {
	first := int32(-1)
	for i, word := range r.link {
		if word != 0 {
			first = int32(i<<6 + bits.TrailingZeros64(word))
			break
		}
	}
	if first < 0 {
		return first
	}
	r.link[first>>6] &^= 1 << (first & 63)
	r.stack = append(r.stack[:0], first)
	for len(r.stack) > 0 {
		x := r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
		left := uint64(0)
		for i, near := range r.row(x) {
			found := near & r.link[i]
			r.link[i] &^= found
			left |= r.link[i]
			for ; found != 0; found &= found - 1 {
				r.stack = append(r.stack, int32(i<<6+bits.TrailingZeros64(found)))
			}
		}
		if left == 0 {
			break
		}
	}
	return first
}

// reduce reduces the cycle at hand. It returns the edge that gave birth to the loop it ends, or -1 when the cycle was
// a boundary already. The reduced cycle is kept: its latest edge is that birth edge.
func (r *reduction) reduce() int {
	for {
		e := r.cycle.latest()
		if e < 0 {
			return -1
		}
		switch s := r.state[e]; {
		case s >= 0:
			edge := r.graph.Edges[e]
			r.cycle.toggle(e, r.rank(edge.I, s), r.rank(s, edge.J))
		case s <= ended:
			r.cycle.toggle(r.cycles[ended-s]...)
		default: // open: a merging edge is never the latest of a cycle
			start := len(r.arena)
			r.arena = r.cycle.drain(r.arena)
			r.state[e] = ended - int32(len(r.cycles))
			r.cycles = append(r.cycles, slices.Clip(r.arena[start:]))
			return int(e)
		}
	}
}
