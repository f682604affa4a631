package topology_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
)

// Row by row on any number of processors, the graph is that of the matrix of distances, edge for edge and bit for bit;
// sizes just above the one up to which the matrix is used, ties and coincident points among them.
func TestGraphsFromACloudEqualThoseFromDistances(t *testing.T) {
	coincident := make([]int, 2050)
	for i := range coincident {
		coincident[i] = i * i % 700
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, c := range map[string]topology.Cloud{
		"rings": rings(t, 2061, 4), "ties": grid(t, 46), "coincident": pick(t, clusters(t, 700, 3, 2, 1), coincident),
		"small": clusters(t, 37, 5, 2, 1), "one": mustCloud(t, []float64{1, 2}, 1, 2), "none": mustCloud(t, nil, 0, 3),
	} {
		d := distances(t, c)
		for _, processors := range []int{1, 3} {
			runtime.GOMAXPROCS(processors)
			for _, k := range []int{-1, 0, 1, 7} {
				g, err := c.MutualKNN(k)
				if want := topology.MutualKNN(d, k); err != nil || g.N != want.N || !slices.Equal(g.Edges, want.Edges) {
					t.Errorf("%s, k=%d on %d processors differs (%v)", name, k, processors, err)
				}
			}
			g, err := c.Rips(0.3)
			if want := topology.Rips(d, 0.3); err != nil || !slices.Equal(g.Edges, want.Edges) {
				t.Errorf("%s: the Vietoris-Rips graph up to 0.3 differs (%v)", name, err)
			}
		}
	}
}

// Distances that overflow are named.
func TestGraphFromACloudTooFarApart(t *testing.T) {
	x := make([]float64, 3000)
	x[2999] = math.MaxFloat64
	x[2000] = -math.MaxFloat64
	if _, err := mustCloud(t, x, 3000, 1).MutualKNN(3); err == nil || !strings.Contains(err.Error(), "points 0 and 2000") {
		t.Errorf("the error is %v, want it to name points 0 and 2000", err)
	}
}
