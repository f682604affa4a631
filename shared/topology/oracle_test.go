package topology_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reta/shared/topology"
)

// textbook computes H0 and H1 by reducing the whole boundary matrix column by column over Z/2, every triangle
// included: slow, and nothing shared with the code under test but the order of edges.
func textbook(g *topology.Graph) (bars [2][]flat) {
	end := func(e int) (float64, float64) { return float64(g.Edges[e].I), float64(g.Edges[e].J) }
	inf := math.Inf(1)

	edges := make([][]int, len(g.Edges))
	for e, edge := range g.Edges {
		edges[e] = []int{int(edge.I), int(edge.J)}
	}
	killer := reduce(edges)
	for v := range g.N {
		if e, dies := killer[v]; !dies {
			bars[0] = append(bars[0], flat{0, inf, -1, -1, -1, -1})
		} else if w := g.Edges[e].Weight; w > 0 {
			i, j := end(e)
			bars[0] = append(bars[0], flat{0, w, -1, -1, i, j})
		}
	}

	triangles := boundaries(g)
	longest := make([]int, len(triangles))
	for t := range triangles {
		longest[t] = triangles[t][2]
	}
	filler := reduce(triangles)
	for e := range g.Edges {
		if len(edges[e]) > 0 {
			continue // it merged two components
		}
		i, j := end(e)
		if t, dies := filler[e]; !dies {
			bars[1] = append(bars[1], flat{g.Edges[e].Weight, inf, i, j, -1, -1})
		} else if d := longest[t]; g.Edges[d].Weight > g.Edges[e].Weight {
			k, l := end(d)
			bars[1] = append(bars[1], flat{g.Edges[e].Weight, g.Edges[d].Weight, i, j, k, l})
		}
	}
	for q := range bars {
		slices.SortFunc(bars[q], func(a, b flat) int { return slices.Compare(a[:], b[:]) })
	}
	return bars
}

// boundaries lists every triangle as its three edges, in the order of the longest.
func boundaries(g *topology.Graph) (triangles [][]int) {
	index := map[[2]int32]int{}
	for e, edge := range g.Edges {
		index[[2]int32{edge.I, edge.J}] = e
	}
	for i := range int32(g.N) {
		for j := i + 1; j < int32(g.N); j++ {
			for k := j + 1; k < int32(g.N); k++ {
				a, oka := index[[2]int32{i, j}]
				b, okb := index[[2]int32{i, k}]
				c, okc := index[[2]int32{j, k}]
				if oka && okb && okc {
					t := []int{a, b, c}
					slices.Sort(t)
					triangles = append(triangles, t)
				}
			}
		}
	}
	slices.SortStableFunc(triangles, func(a, b []int) int { return a[2] - b[2] })
	return triangles
}

// reduce reduces sorted columns from left to right and returns which column owns each pivot.
func reduce(columns [][]int) map[int]int {
	owner := map[int]int{}
	for c := range columns {
		for len(columns[c]) > 0 {
			pivot := columns[c][len(columns[c])-1]
			other, taken := owner[pivot]
			if !taken {
				owner[pivot] = c
				break
			}
			columns[c] = add(columns[c], columns[other])
		}
	}
	return owner
}

// add returns the symmetric difference of two sorted lists, sorted.
func add(a, b []int) (sum []int) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			sum, a = append(sum, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			sum, b = append(sum, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return sum
}

// bounds reports whether a cycle is a sum of triangles whose longest edge is at most last.
func bounds(g *topology.Graph, cycle []int, last int) bool {
	columns := slices.DeleteFunc(boundaries(g), func(t []int) bool { return t[2] > last })
	column := slices.Sorted(slices.Values(cycle))
	columns = append(columns, column)
	reduce(columns)
	return len(columns[len(columns)-1]) == 0
}

// Bars and critical edges equal the textbook's on random graphs: metric or not, dense or sparse, with and without ties.
func TestPersistenceEqualsTextbook(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	loops := 0
	for trial := range 400 {
		n := 1 + rng.IntN(14)
		levels := 3 + rng.IntN(60) // few levels make ties
		density := rng.Float64()
		var edges []topology.Edge
		for i := range int32(n) {
			for j := i + 1; j < int32(n); j++ {
				if rng.Float64() < density {
					edges = append(edges, topology.Edge{I: i, J: j, Weight: float64(rng.IntN(levels)) / 8})
				}
			}
		}
		g, err := topology.NewGraph(n, edges)
		if err != nil {
			t.Fatal(err)
		}
		h, want := topology.Persistence(g), textbook(g)
		for q := range want {
			if got := flatten(h, q); !slices.Equal(got, want[q]) {
				t.Fatalf("trial %d: H%d of %d points, %d edges is\n%v, textbook\n%v", trial, q, n, len(edges), got, want[q])
			}
		}
		loops += len(want[1])
	}
	if loops < 400 {
		t.Errorf("only %d loops met: the graphs are too simple to test anything", loops)
	}
}

// The same at a size where reduced cycles add up.
func TestPersistenceEqualsTextbookOnCircles(t *testing.T) {
	for _, k := range []int{3, 6, 12, 59} {
		c := rings(t, 60, uint64(k))
		g := topology.MutualKNN(distances(t, c), k)
		h, want := topology.Persistence(g), textbook(g)
		for q := range want {
			if got := flatten(h, q); !slices.Equal(got, want[q]) {
				t.Fatalf("k=%d: H%d is\n%v, textbook\n%v", k, q, got, want[q])
			}
		}
	}
}
