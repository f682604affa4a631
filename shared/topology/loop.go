package topology

import (
	"math"
	"slices"
)

// Loop returns a representative cycle of loop i of Bars[1] as edge indices: every vertex has an even number of them,
// and the latest is the birth edge. For a finite bar it is homologous to the cycle that is filled when the bar dies:
// the birth edge, those of older loops that it runs along, and paths in the minimum spanning forest; it may consist of
// several rings. For an essential bar it is the birth edge closed by the shortest path of earlier edges. It is nil when
// i is out of range.
func (h *Homology) Loop(i int) []int {
	bars := h.Bars[1]
	if i < 0 || i >= len(bars) {
		return nil
	}
	if bars[i].Essential() {
		return shortestRing(h.Graph, bars[i].BirthEdge)
	}
	var cycle []int
	for _, l := range h.sums.list(h.cycles[i]) {
		cycle = append(cycle, int(h.births[l]))
	}
	return closeByForest(h.Graph, h.merges, cycle)
}

// hop leads to a vertex along an edge.
type hop struct{ to, edge int }

// hops returns the hops from every vertex by the given edges.
func (g *Graph) hops(edges []int32) [][]hop {
	near := make([][]hop, g.N)
	for _, e := range edges {
		i, j := int(g.Edges[e].I), int(g.Edges[e].J)
		near[i] = append(near[i], hop{j, int(e)})
		near[j] = append(near[j], hop{i, int(e)})
	}
	return near
}

// closeByForest adds to some edges the only ones of a spanning forest that make them a cycle: from the leaves to the
// roots, those below which an odd number of edges ends.
func closeByForest(g *Graph, forest []int32, cycle []int) []int {
	odd := make([]bool, g.N)
	for _, e := range cycle {
		odd[g.Edges[e].I] = !odd[g.Edges[e].I]
		odd[g.Edges[e].J] = !odd[g.Edges[e].J]
	}
	near := g.hops(forest)
	seen := make([]bool, g.N)
	order := make([]hop, 0, g.N) // vertices, each behind its parent, with the edge to it
	for root := range g.N {
		if seen[root] {
			continue
		}
		seen[root] = true
		order = append(order, hop{root, -1})
		for at := len(order) - 1; at < len(order); at++ {
			for _, s := range near[order[at].to] {
				if !seen[s.to] {
					seen[s.to] = true
					order = append(order, s)
				}
			}
		}
	}
	for _, s := range slices.Backward(order) {
		if odd[s.to] { // no root is: the edges of a cycle end an even number of times in each component
			parent := int(g.Edges[s.edge].I+g.Edges[s.edge].J) - s.to
			odd[parent] = !odd[parent]
			cycle = append(cycle, s.edge)
		}
	}
	return cycle
}

// shortestRing closes edge e by the shortest path between its ends through earlier edges: Dijkstra's algorithm with a
// linear search for the nearest vertex, which is best for the few hundred points at hand.
func shortestRing(g *Graph, e int) []int {
	earlier := make([]int32, e)
	for i := range earlier {
		earlier[i] = int32(i)
	}
	near := g.hops(earlier)
	far := make([]float64, g.N)
	by := make([]hop, g.N) // the hop back
	done := make([]bool, g.N)
	for v := range far {
		far[v] = math.Inf(1)
	}
	from, to := int(g.Edges[e].I), int(g.Edges[e].J)
	far[from] = 0
	for !done[to] {
		at := -1
		for v := range far {
			if !done[v] && (at < 0 || far[v] < far[at]) {
				at = v
			}
		}
		done[at] = true
		for _, s := range near[at] {
			if d := far[at] + g.Edges[s.edge].Weight; d < far[s.to] {
				far[s.to], by[s.to] = d, hop{at, s.edge}
			}
		}
	}
	ring := []int{e}
	for v := to; v != from; v = by[v].to {
		ring = append(ring, by[v].edge)
	}
	return ring
}
