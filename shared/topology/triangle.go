package topology

import "math/bits"

// Triangle is a clique of three points, I < J < K. It enters with its longest edge, Edge.
type Triangle struct {
	I, J, K int32
	Edge    int
}

// Triangles lists the triangles of the flag complex at eps in the order in which they enter, for drawing: homology
// does not need them. It stops after limit triangles (limit < 0: no limit); complete is false when there were more.
func (g *Graph) Triangles(eps float64, limit int) (list []Triangle, complete bool) {
	words := (g.N + 63) / 64
	near := make([]uint64, g.N*words)
	row := func(v int32) []uint64 { return near[int(v)*words:][:words] }
	for e, edge := range g.Edges {
		if edge.Weight > eps {
			break
		}
		a, b := row(edge.I), row(edge.J)
		for i := range a {
			for link := a[i] & b[i]; link != 0; link &= link - 1 {
				if len(list) == limit {
					return list, false
				}
				k := int32(i<<6 + bits.TrailingZeros64(link))
				low, high := min(edge.I, k), max(edge.J, k)
				list = append(list, Triangle{low, edge.I + edge.J + k - low - high, high, e})
			}
		}
		a[edge.J>>6] |= 1 << (edge.J & 63)
		b[edge.I>>6] |= 1 << (edge.I & 63)
	}
	return list, true
}
