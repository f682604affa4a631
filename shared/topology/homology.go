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

	cycles []sum // by finite bar of Bars[1]: the sum of loops that vanished when it died
	generators
}

// generators are the edges that change the homology when they enter, and what became of the loops.
type generators struct {
	merges []int32 // those that merged two components: a minimum spanning forest
	births []int32 // by loop: the one that opened it
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
	r := newReduction(g)
	r.run()
	return r.homology()
}

// reduction is the state between two edges.
type reduction struct {
	graph  *Graph
	links  links
	parts  partition
	degree []int32 // by vertex
	class  []sum   // by edge
	deaths []death // in their order
	generators
}

// death is what edge ends: the loop that is the latest of a sum, which vanishes.
type death struct {
	edge, loop int32
	sum        sum
}

func newReduction(g *Graph) *reduction {
	n := g.N
	room := make([]int32, 4*n+len(g.Edges))
	return &reduction{
		graph: g, links: newLinks(g), parts: newPartition(room[:n]), degree: room[n : 2*n], class: room[4*n:],
		deaths:     make([]death, 0, n),
		generators: generators{merges: room[2*n : 2*n : 3*n], births: room[3*n : 3*n : 4*n], sums: newSums(n)},
	}
}

// run enters the edges one after the other, until one vertex sees all others: the complex is a cone then, whose
// homology changes no more.
func (r *reduction) run() {
	all := int32(r.graph.N - 1)
	for e, edge := range r.graph.Edges {
		u, v := edge.I, edge.J
		uw, wv := r.links.enter(u, v, int32(e))
		switch {
		case uw >= 0:
			class := r.sums.add(r.class[uw], r.class[wv])
			r.class[e] = class
			for len(r.births) > len(r.deaths) { // with no loop open, none can die
				uw, wv := r.links.further()
				if uw < 0 {
					break
				}
				if s := r.sums.add(class, r.sums.add(r.class[uw], r.class[wv])); s != 0 {
					r.deaths = append(r.deaths, death{int32(e), r.sums.vanish(s), s})
				}
			}
		case r.parts.union(u, v):
			r.merges = append(r.merges, int32(e))
		default:
			r.class[e] = r.sums.open()
			r.births = append(r.births, int32(e))
		}
		r.degree[u]++
		r.degree[v]++
		if r.degree[u] == all || r.degree[v] == all {
			return
		}
	}
}

// homology lists the bars.
func (r *reduction) homology() *Homology {
	g := r.graph
	h := &Homology{
		Graph: g, Bars: [2][]Bar{make([]Bar, 0, g.N), make([]Bar, 0, len(r.births))},
		cycles: make([]sum, 0, len(r.deaths)), generators: r.generators,
	}
	for _, e := range r.merges {
		if w := g.Edges[e].Weight; w > 0 {
			h.Bars[0] = append(h.Bars[0], Bar{0, 0, w, -1, int(e)})
		}
	}
	for range r.parts.count {
		h.Bars[0] = append(h.Bars[0], Bar{0, 0, math.Inf(1), -1, -1})
	}
	for _, d := range r.deaths {
		b, e := int(r.births[d.loop]), int(d.edge)
		if birth, death := g.Edges[b].Weight, g.Edges[e].Weight; birth < death {
			h.Bars[1] = append(h.Bars[1], Bar{1, birth, death, b, e})
			h.cycles = append(h.cycles, d.sum)
		}
	}
	for l, e := range r.births {
		if r.sums.lives(int32(l)) {
			h.Bars[1] = append(h.Bars[1], Bar{1, g.Edges[e].Weight, math.Inf(1), int(e), -1})
		}
	}
	return h
}
