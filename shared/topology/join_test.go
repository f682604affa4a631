package topology

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Ties may make a graph that no memory holds: it is refused at the limit, not after.
func TestJoinStopsAtTheLimit(t *testing.T) {
	c := Cloud{N: 1000, Dim: 1, X: make([]float64, 1000)} // coincident: 499,500 pairs
	for most, fits := range map[int64]bool{499_500: true, 499_499: false, 1000: false} {
		g, err := c.graphByRows(most, 1, nearest(c.N, 1))
		switch {
		case fits && (err != nil || len(g.Edges) != 499_500):
			t.Errorf("limit %d: %v", most, err)
		case !fits && (err == nil || !strings.Contains(err.Error(), "1000 points")):
			t.Errorf("limit %d: the error is %v, want a refusal", most, err)
		}
	}
}

// The k-th smallest of values in pieces is that of a sorted list, for all k, with ties and without, in any order.
func TestSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 0))
	for _, n := range []int{1, 2, 3, 10, 61, 200} {
		for _, levels := range []int{1, 3, 1 << 30} {
			v := make([]float64, n)
			for i := range v {
				v[i] = float64(rng.IntN(levels))
			}
			up := slices.Sorted(slices.Values(v))
			down := slices.Clone(up)
			slices.Reverse(down)
			for name, list := range map[string][]float64{"mixed": v, "rising": up, "falling": down} {
				for k := 1; k <= n; k++ {
					if got := smallest(k, nil, list[:n/3], list[n/3:]); got != up[k-1] {
						t.Fatalf("%d values, %s, %d levels: number %d is %v, want %v", n, name, levels, k, got, up[k-1])
					}
				}
			}
		}
	}
}
