package topology

import "math"

// Loop returns a representative cycle of loop i of Bars[1] as edge indices: every vertex has an even number of them,
// and the latest is the birth edge. For a finite bar it is the very cycle that is filled when the bar dies; it may
// consist of several rings. For an essential bar it is the birth edge closed by the shortest path of earlier edges.
// It is nil when i is out of range.
func (h *Homology) Loop(i int) []int {
	switch bars := h.Bars[1]; {
	case i < 0 || i >= len(bars):
		return nil
	case bars[i].Essential():
		return shortestRing(h.Graph, bars[i].BirthEdge)
	}
	loop := make([]int, len(h.loops[i]))
	for j, e := range h.loops[i] {
		loop[j] = int(e)
	}
	return loop
}

// shortestRing closes edge e by the shortest path between its ends through earlier edges: Dijkstra's algorithm with a
// linear search for the nearest vertex, which is best for the few hundred points at hand.
func shortestRing(g *Graph, e int) []int {
	type step struct{ to, edge int }
	next := make([][]step, g.N)
	for i, edge := range g.Edges[:e] {
		next[edge.I] = append(next[edge.I], step{int(edge.J), i})
		next[edge.J] = append(next[edge.J], step{int(edge.I), i})
	}
	far := make([]float64, g.N)
	by := make([]step, g.N) // the step back
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
		for _, s := range next[at] {
			if d := far[at] + g.Edges[s.edge].Weight; d < far[s.to] {
				far[s.to], by[s.to] = d, step{at, s.edge}
			}
		}
	}
	ring := []int{e}
	for v := to; v != from; v = by[v].to {
		ring = append(ring, by[v].edge)
	}
	return ring
}
