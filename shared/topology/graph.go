package topology

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Edge joins points I < J at filtration value Weight.
type Edge struct {
	I, J   int32
	Weight float64
}

// Graph is a weighted graph on points 0..N-1, and stands for the filtration of its flag complex: vertices enter at 0,
// an edge at its weight, every clique with its longest edge. Edges are sorted by (weight, I, J); this order breaks all
// ties and so fixes the critical edges. An edge is named by its index in Edges everywhere else.
type Graph struct {
	N     int
	Edges []Edge
}

// NewGraph sorts and checks a list of edges made elsewhere, such as on a device. It takes ownership of the list.
func NewGraph(n int, edges []Edge) (*Graph, error) {
	if n < 0 || n > MaxPoints {
		return nil, fmt.Errorf("graph: %d points: want 0 to %d", n, MaxPoints)
	}
	for _, e := range edges {
		switch {
		case e.I < 0 || e.I >= e.J || int(e.J) >= n:
			return nil, fmt.Errorf("graph: edge (%d, %d): want 0 <= i < j < %d", e.I, e.J, n)
		case !(e.Weight >= 0) || math.IsInf(e.Weight, 1):
			return nil, fmt.Errorf("graph: edge (%d, %d) has weight %v: want a finite number that is not negative",
				e.I, e.J, e.Weight)
		}
	}
	if e, twice := repeated(n, edges); twice {
		return nil, fmt.Errorf("graph: edge (%d, %d) is listed twice: want each pair once", e.I, e.J)
	}
	return &Graph{N: n, Edges: order(edges)}, nil
}

// repeated finds a pair of points that is there twice.
func repeated(n int, edges []Edge) (Edge, bool) {
	if dense(n, len(edges)) {
		return repeatedDense(n, edges)
	}
	return repeatedSparse(edges)
}

// repeatedDense keeps a bit for each pair.
func repeatedDense(n int, edges []Edge) (Edge, bool) {
	var room [few * few / 2 / 64]uint64
	seen := room[:]
	if n > few {
		seen = make([]uint64, n*n/2/64+1)
	}
	for _, e := range edges {
		p := pair(e.I, e.J)
		bit := uint64(1) << (p & 63)
		if seen[p>>6]&bit != 0 {
			return e, true
		}
		seen[p>>6] |= bit
	}
	return Edge{}, false
}

// repeatedSparse keeps a table of the pairs seen, half of it free.
func repeatedSparse(edges []Edge) (Edge, bool) {
	size := bits.Len(uint(2 * len(edges)))
	seen := make([]uint64, 1<<size)
	for _, e := range edges {
		pair := uint64(e.I)<<32 | uint64(e.J) // never 0
		at := pair * 0x9E3779B97F4A7C15
		at ^= at >> 32
		at = at * 0x9E3779B97F4A7C15 >> (64 - size)
		for seen[at] != 0 {
			if seen[at] == pair {
				return e, true
			}
			at = (at + 1) & (1<<size - 1)
		}
		seen[at] = pair
	}
	return Edge{}, false
}

// EpsMax returns the largest weight, 0 when there is no edge.
func (g *Graph) EpsMax() float64 {
	if len(g.Edges) == 0 {
		return 0
	}
	return g.Edges[len(g.Edges)-1].Weight
}

// UpTo returns the graph of the edges of weight at most eps. It shares them with g, and they keep their indices.
func (g *Graph) UpTo(eps float64) *Graph {
	cut, _ := slices.BinarySearchFunc(g.Edges, eps, func(e Edge, eps float64) int {
		if e.Weight <= eps {
			return -1
		}
		return 1
	})
	return &Graph{N: g.N, Edges: g.Edges[:cut:cut]}
}
