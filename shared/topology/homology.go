package topology

import "math"

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

	merges []int32 // the edges that merged two components: a minimum spanning forest
	births []int32 // by loop: the edge that opened it
	cycles []sum   // by finite bar of Bars[1]: the sum of loops that vanished when it died
	sums   sums
}

// Persistence computes H0 and H1 by adding one edge at a time, without a list of triangles.
//
// Let e = {u,v} enter, and look at its link: the common neighbours of u and v joined to both before, with the earlier
// edges among them.
//   - Empty link: e merges two components, which ends a bar of H0, or opens a loop, a class of H1.
//   - Otherwise e is filled the moment it enters, by the triangle {u,w,v} with any one vertex w of the link: their pair
//     has length zero. The link's other triangles are the same up to boundaries of tetrahedra as long as they lie in one
//     component of the link; every further component fills one more triangle over e, and may end one older loop.
//
// Every edge has a class, a sum of loops, such that the class of a cycle is the sum over its edges: nothing for an edge
// that merged, the new loop for one that opened it, and the sum of the two other sides for one that a triangle filled.
// A further triangle says that the classes of its three sides add up to nothing: if they do not yet, the latest loop
// among them dies here and equals the others from now on.
//
// The classes are the annotations of Dey, Fan and Wang (2014), kept once for all edges that share them as Boissonnat,
// Dey and Maria do (2015); that the components of the link are enough is the reduced Vietoris-Rips complex of Koyama,
// Memoli, Robins and Turner.
func Persistence(g *Graph) *Homology {
	var buffer struct {
		links  smallLinks
		points [3 * few]int32
	}
	links, parts := newLinks(g, &buffer.links), newPartition(g.N, buffer.points[:])
	h := &Homology{Graph: g, sums: newSums(g.N)}
	h.list(h.run(&links, &parts), parts.count)
	return h
}

// run enters the edges one after the other and returns those that ended a loop, by cycle. It stops when one vertex sees
// all others: the complex is a cone then, whose homology changes no more.
func (h *Homology) run(links *links, parts *partition) (deaths []int32) {
	n := h.Graph.N
	numbers := make([]int32, 4*n)
	h.merges, h.births, h.cycles = numbers[:0:n], numbers[n:n:2*n], numbers[2*n:2*n:3*n]
	deaths = numbers[3*n : 3*n]
	open := 0 // loops that did not die yet
	for e, edge := range h.Graph.Edges {
		u, v := edge.I, edge.J
		class := sum(0)
		uw, wv, filled := links.first(u, v)
		switch {
		case filled:
			class = h.sums.add(uw, wv)
			for open > 0 {
				uw, wv, more := links.next()
				if !more {
					break
				}
				if s := h.sums.add(class, h.sums.add(uw, wv)); s != 0 {
					h.sums.setZero(s)
					h.cycles, deaths = append(h.cycles, s), append(deaths, int32(e))
					open--
				}
			}
		case parts.union(u, v):
			h.merges = append(h.merges, int32(e))
		default:
			class = h.sums.newLoop()
			h.births = append(h.births, int32(e))
			open++
		}
		if cone := links.add(u, v, class); cone {
			break
		}
	}
	return deaths
}

// list makes the bars, and drops the cycles of those of length zero.
func (h *Homology) list(deaths []int32, components int) {
	edges, inf := h.Graph.Edges, math.Inf(1)
	bars := make([]Bar, h.Graph.N+len(h.births))
	n := 0
	for _, e := range h.merges {
		if w := edges[e].Weight; w > 0 {
			bars[n].set(0, 0, w, -1, int(e))
			n++
		}
	}
	for range components {
		bars[n].set(0, 0, inf, -1, -1)
		n++
	}
	h.Bars[0], bars = bars[:n:n], bars[n:]
	n = 0
	for i, e := range deaths {
		b := h.births[h.sums.latest(h.cycles[i])]
		if birth, death := edges[b].Weight, edges[e].Weight; birth < death {
			bars[n].set(1, birth, death, int(b), int(e))
			h.cycles[n] = h.cycles[i]
			n++
		}
	}
	h.cycles = h.cycles[:n]
	for l, e := range h.births {
		if h.sums.alive(int32(l)) {
			bars[n].set(1, edges[e].Weight, inf, int(e), -1)
			n++
		}
	}
	h.Bars[1] = bars[:n]
}

// set writes field by field, which is faster than an assignment of the whole.
func (b *Bar) set(degree int, birth, death float64, birthEdge, deathEdge int) {
	b.Degree, b.Birth, b.Death, b.BirthEdge, b.DeathEdge = degree, birth, death, birthEdge, deathEdge
}

// partition divides n points into parts. Each point knows its part, so that a look costs no search; in exchange the
// smaller of two parts is renamed when they join, at most log2(n) times a point.
type partition struct {
	part  []int32 // by point: one of its part's points, the same for all
	next  []int32 // by point: another of its part, around a ring
	size  []int32 // by part
	count int     // of parts
}

// newPartition has n parts. It lives in buffer if that holds 3n numbers.
func newPartition(n int, buffer []int32) partition {
	points := buffer
	if len(buffer) < 3*n {
		points = make([]int32, 3*n)
	}
	p := partition{points[:n], points[n : 2*n], points[2*n : 3*n], n}
	for i := range n {
		p.part[i], p.next[i], p.size[i] = int32(i), int32(i), 1
	}
	return p
}

// union joins the parts of i and j and reports whether they were two.
func (p *partition) union(i, j int32) bool {
	large, small := p.part[i], p.part[j]
	if large == small {
		return false
	}
	if p.size[large] < p.size[small] {
		large, small = small, large
	}
	p.size[large] += p.size[small]
	for x := small; p.part[x] != large; x = p.next[x] {
		p.part[x] = large
	}
	p.next[large], p.next[small] = p.next[small], p.next[large]
	p.count--
	return true
}
