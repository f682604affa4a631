package topology

import (
	"math"
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
	var room room
	links, parts := linksOf(g, &room), newPartition(g.N, &room)
	h := newHomology(g)
	h.run(&links, &parts)
	h.endure(parts.count)
	return h
}

// newHomology is that of no edges, with room for as many bars of each degree as there are points.
func newHomology(g *Graph) *Homology {
	n := g.N
	bars, numbers := make([]Bar, 2*n), make([]int32, 3*n)
	return &Homology{
		Graph: g, Bars: [2][]Bar{bars[:0:n], bars[n:n]},
		merges: numbers[:0:n], births: numbers[n : n : 2*n], cycles: numbers[2*n : 2*n], sums: newSums(n),
	}
}

// run enters the edges one after the other and adds the finite bars. It stops when one vertex sees all others: the
// complex is a cone then, whose homology changes no more.
func (h *Homology) run(links *links, parts *partition) {
	open := 0 // loops that did not die yet
	for e, edge := range h.Graph.Edges {
		u, v := edge.I, edge.J
		class := sum(0)
		uw, wv, filled := links.meet(u, v)
		switch {
		case filled:
			class = h.sums.add(uw, wv)
			for open > 0 {
				uw, wv, more := links.further()
				if !more {
					break
				}
				if s := h.sums.add(class, h.sums.add(uw, wv)); s != 0 {
					h.die(e, s)
					open--
				}
			}
		case parts.union(u, v):
			h.merges = append(h.merges, int32(e))
			if edge.Weight > 0 {
				h.Bars[0] = append(h.Bars[0], Bar{0, 0, edge.Weight, -1, e})
			}
		default:
			class = h.sums.open()
			h.births = append(h.births, int32(e))
			open++
		}
		if cone := links.join(u, v, class); cone {
			return
		}
	}
}

// die ends the latest loop of a sum, which vanishes with edge e.
func (h *Homology) die(e int, s sum) {
	birth := h.births[h.sums.vanish(s)]
	if b, d := h.Graph.Edges[birth].Weight, h.Graph.Edges[e].Weight; b < d {
		h.Bars[1] = append(h.Bars[1], Bar{1, b, d, int(birth), e})
		h.cycles = append(h.cycles, s)
	}
}

// endure adds the bars of the components and loops that are left.
func (h *Homology) endure(components int) {
	for range components {
		h.Bars[0] = append(h.Bars[0], Bar{0, 0, math.Inf(1), -1, -1})
	}
	for l, e := range h.births {
		if h.sums.lives(int32(l)) {
			h.Bars[1] = append(h.Bars[1], Bar{1, h.Graph.Edges[e].Weight, math.Inf(1), int(e), -1})
		}
	}
}
