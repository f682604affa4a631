package topology

import (
	"cmp"
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
	return &Graph{N: n, Edges: sortEdges(edges)}, nil
}

// few points are those whose neighbours fit a word.
const few = 64

// dense reports whether a bit for each pair of n points takes less memory than a word for each edge.
func dense(n, edges int) bool { return n <= MaxMatrix && n*n <= 128*edges }

// pair numbers the pairs u < v of points.
func pair(u, v int32) int { return int(v)*int(v-1)/2 + int(u) }

// repeated finds a pair of points that is there twice.
func repeated(n int, edges []Edge) (Edge, bool) {
	if dense(n, len(edges)) {
		return repeatedDense(n, edges)
	}
	return repeatedSparse(edges)
}

// repeatedDense keeps a bit for each pair.
func repeatedDense(n int, edges []Edge) (Edge, bool) {
	var buffer [few * few / 2 / 64]uint64
	seen := buffer[:]
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

// fewEdges are sorted on the stack, back into their own list.
const fewEdges = 512

// sortEdges returns edges sorted by (weight, I, J), the order of a filtration. Edges are dealt to as many buckets as there
// are edges, evenly over the range of weights; what is left to do within the buckets is done by insertion, or in n log n
// where buckets are full.
func sortEdges(edges []Edge) []Edge {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, e := range edges {
		if e.Weight < lo {
			lo = e.Weight
		}
		if e.Weight > hi {
			hi = e.Weight
		}
	}
	last := len(edges) - 1
	scale := float64(last) / (hi - lo)
	if !(scale > 0 && scale <= math.MaxFloat64) { // one edge, or no range to speak of
		slices.SortFunc(edges, byWeight)
		return edges
	}
	var buffer struct {
		dealt [fewEdges]Edge
		to    [fewEdges + 1]int32
	}
	dealt, to, sorted := buffer.dealt[:], buffer.to[:], edges
	if len(edges) > fewEdges {
		sorted, to = make([]Edge, len(edges)), make([]int32, len(edges)+1)
		dealt = sorted
	}
	dealt, to = dealt[:len(edges)], to[:len(edges)+1] // to is of each bucket where its next edge goes
	for _, e := range edges {
		to[bucket(e, lo, scale, last)+1]++
	}
	highest := int32(0)
	for i, size := range to[:len(edges)] {
		highest = max(highest, to[i+1])
		to[i+1] += size
	}
	for _, e := range edges {
		i := bucket(e, lo, scale, last)
		dealt[to[i]] = e
		to[i]++
	}
	const high = 16
	if highest > high {
		from := int32(0)
		for _, end := range to[:len(edges)] {
			if end-from > high {
				slices.SortFunc(dealt[from:end], byWeight)
			}
			from = end
		}
	}
	for i, e := range dealt {
		for ; i > 0 && !(sorted[i-1].Weight < e.Weight) && byWeight(sorted[i-1], e) > 0; i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = e
	}
	return sorted
}

// bucket rises with the weight, from 0 to last.
func bucket(e Edge, lo, scale float64, last int) int { return min(int((e.Weight-lo)*scale), last) }

func byWeight(a, b Edge) int {
	switch {
	case a.Weight < b.Weight:
		return -1
	case a.Weight > b.Weight:
		return 1
	}
	return byPair(a, b)
}

func byPair(a, b Edge) int { return cmp.Or(cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J)) }
