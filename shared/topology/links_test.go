package topology

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// All forms tell the same of every link, on graphs from a forest to a complete one, at sizes around the 64
// points of a word; and so does a search by the definition.
func TestFormsOfLinksAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	several := 0
	for _, n := range []int{2, 3, 31, 63, 64, 65, 127, 129} {
		for _, density := range []float64{0.02, 0.1, 0.3, 1} {
			var edges []Edge
			for i := range int32(n) {
				for j := i + 1; j < int32(n); j++ {
					if rng.Float64() < density {
						edges = append(edges, Edge{i, j, float64(rng.IntN(50))})
					}
				}
			}
			g := &Graph{N: n, Edges: sortEdges(edges)}
			rows, lists := newDenseLinks(n), links{sparse: newSparseLinks(g)}
			forms := map[string]*links{"rows": &rows, "lists": &lists}
			if n <= few {
				l := newLinks(g, new(smallLinks))
				forms["few"] = &l
			}
			index := map[[2]int32]int32{}
			for e, edge := range g.Edges {
				want := linkByDefinition(index, int32(n), edge.I, edge.J)
				index[[2]int32{edge.I, edge.J}] = int32(e)
				for name, l := range forms {
					var got [][2]int32
					for uw, wv, ok := l.first(edge.I, edge.J); ok; uw, wv, ok = l.next() {
						got = append(got, [2]int32{uw, wv})
					}
					degrees := [2]int{degree(index, edge.I), degree(index, edge.J)}
					if cone := l.add(edge.I, edge.J, sum(e)); cone != (max(degrees[0], degrees[1]) == n-1) { // a class of its own
						t.Fatalf("%s, %d points, density %v, edge %d: cone is %v, degrees are %v", name, n, density, e, cone, degrees)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%s, %d points, density %v, edge %d: sides %v, by definition %v", name, n, density, e, got, want)
					}
				}
				if len(want) > 1 {
					several++
				}
			}
		}
	}
	if several < 100 {
		t.Errorf("only %d links have several components: too few to test anything", several)
	}
}

// linkByDefinition returns the sides to the lowest corner of each component of the link, in the order of the corners.
func linkByDefinition(index map[[2]int32]int32, n, u, v int32) (sides [][2]int32) {
	side := func(a, b int32) (int32, bool) {
		e, ok := index[[2]int32{min(a, b), max(a, b)}]
		return e, ok
	}
	var corners []int32
	for w := range n {
		_, a := side(u, w)
		_, b := side(w, v)
		if a && b {
			corners = append(corners, w)
		}
	}
	p := newPartition(int(n), nil)
	for i, w := range corners {
		for _, x := range corners[:i] {
			if _, near := side(w, x); near {
				p.union(w, x)
			}
		}
	}
	met := map[int32]bool{}
	for _, w := range corners {
		if c := p.part[w]; !met[c] {
			met[c] = true
			a, _ := side(u, w)
			b, _ := side(w, v)
			sides = append(sides, [2]int32{a, b})
		}
	}
	return sides
}

// degree counts the edges at v.
func degree(index map[[2]int32]int32, v int32) (d int) {
	for ends := range index {
		if ends[0] == v || ends[1] == v {
			d++
		}
	}
	return d
}

// Sums of loops equal those of a plain vector over Z/2 in which every loop that died is replaced by what it equals, on
// a random course of loops opened, sums taken and sums that vanish.
func TestSumsEqualVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	s := newSums(1)
	known, vectors := []sum{0}, [][]bool{nil} // vectors in terms of living loops
	vanished := 0
	for range 3000 {
		i, j := rng.IntN(len(known)), rng.IntN(len(known))
		switch rng.IntN(4) {
		case 0:
			known = append(known, s.newLoop())
			vectors = append(vectors, append(make([]bool, len(s.equals)-2), true))
		case 1, 2:
			known = append(known, s.add(known[i], known[j]))
			vectors = append(vectors, plus(vectors[i], vectors[j]))
		default:
			v := s.add(known[i], known[j])
			vector := plus(vectors[i], vectors[j])
			latest := len(vector) - 1
			for latest >= 0 && !vector[latest] {
				latest--
			}
			if (v == 0) != (latest < 0) {
				t.Fatalf("the sum is %d, the vector's latest loop %d", v, latest)
			}
			if v == 0 || vanished > len(s.equals)/2 {
				continue
			}
			died := s.latest(v)
			if s.setZero(v); int(died) != latest || s.alive(died) {
				t.Fatalf("loop %d died, the vector says %d", died, latest)
			}
			vanished++
			for k, w := range vectors {
				if len(w) > latest && w[latest] {
					vectors[k] = plus(w, vector)
				}
			}
		}
		if len(known) > 200 { // let old sums go, so that deaths meet young and old ones
			at := 1 + rng.IntN(100)
			known, vectors = slices.Delete(known, at, at+50), slices.Delete(vectors, at, at+50)
		}
	}
	if vanished < 100 {
		t.Errorf("only %d sums vanished: too few to test anything", vanished)
	}
}

func plus(a, b []bool) []bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	sum := slices.Clone(a)
	for i, v := range b {
		sum[i] = sum[i] != v
	}
	return sum
}

// Edges come out sorted by (weight, i, j) whatever their weights: spread, tied, equal, tiny, or far out.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	for name, weight := range map[string]func() float64{
		"even": rng.Float64, "normal": func() float64 { return 30 + rng.NormFloat64() }, "equal": func() float64 { return 2 },
		"ties":      func() float64 { return float64(rng.IntN(3)) },
		"tiny":      func() float64 { return 5e-324 * float64(rng.IntN(9)) },
		"far out":   func() float64 { return []float64{rng.Float64(), 1e300, 1.7e308}[rng.IntN(3)] },
		"one giant": func() float64 { return []float64{rng.Float64(), 1e18 * float64(rng.IntN(2))}[rng.IntN(2)] },
	} {
		for _, m := range []int{0, 1, 2, 3, 17, 1000} {
			edges := make([]Edge, m)
			for i := range edges {
				edges[i] = Edge{int32(rng.IntN(40)), int32(40 + i), weight()}
			}
			want := slices.Clone(edges)
			slices.SortFunc(want, byWeight)
			if got := sortEdges(edges); !slices.Equal(got, want) {
				t.Errorf("%d weights, %s, are out of order", m, name)
			}
		}
	}
}
