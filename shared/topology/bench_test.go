package topology_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"reta/shared/topology"
)

// clusters draws n points of dim coordinates around m centres, all from one seed: what features of a class look like.
func clusters(t testing.TB, n, dim, m int, seed uint64) topology.Cloud {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	centres := make([]float64, m*dim)
	for i := range centres {
		centres[i] = rng.NormFloat64()
	}
	x := make([]float32, 0, n*dim)
	for i := range n {
		for d := range dim {
			x = append(x, float32(centres[i%m*dim+d]*0.5+rng.NormFloat64()))
		}
	}
	c, err := topology.NewCloud(x, n, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// BenchmarkPersistence times H0 and H1 of 512-d clusters, sorting left out.
func BenchmarkPersistence(b *testing.B) {
	for _, n := range []int{50, 100, 200, 400, 800} {
		d := distances(b, clusters(b, n, 512, 5, 7))
		for _, k := range []int{10, 15, 20} {
			g := topology.MutualKNN(d, k)
			b.Run(fmt.Sprintf("n=%d/k=%d", n, k), func(b *testing.B) {
				for b.Loop() {
					topology.Persistence(g)
				}
			})
		}
		full := topology.Rips(d, topology.EnclosingRadius(d))
		b.Run(fmt.Sprintf("n=%d/rips", n), func(b *testing.B) {
			for b.Loop() {
				topology.Persistence(full)
			}
			b.ReportMetric(float64(len(full.Edges)), "edges")
		})
	}
}

// BenchmarkPlane times the full Vietoris-Rips homology of points in the plane, from the points to the bars: what the
// viewer does on every drag.
func BenchmarkPlane(b *testing.B) {
	for _, n := range []int{100, 200} {
		c := rings(b, n, 1)
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				d := distances(b, c)
				topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
			}
		})
	}
}

// BenchmarkNewGraph times the checks and the sorting of edges in no order.
func BenchmarkNewGraph(b *testing.B) {
	for _, n := range []int{50, 100, 400} {
		edges := topology.MutualKNN(distances(b, clusters(b, n, 512, 5, 7)), 20).Edges
		rand.New(rand.NewPCG(1, 0)).Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
		list := make([]topology.Edge, len(edges))
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				copy(list, edges)
				if _, err := topology.NewGraph(n, list); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(edges)), "edges")
		})
	}
}

func BenchmarkDistances(b *testing.B) {
	for _, n := range []int{50, 100, 400} {
		c := clusters(b, n, 512, 5, 7)
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := c.Distances(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1.5*float64(n*n*512)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkMutualKNN(b *testing.B) {
	for _, n := range []int{50, 100, 400} {
		d := distances(b, clusters(b, n, 512, 5, 7))
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				topology.MutualKNN(d, 10)
			}
		})
	}
}

// BenchmarkAlign times one class's loss and gradient, all steps.
func BenchmarkAlign(b *testing.B) {
	for _, n := range []int{10, 50} {
		real, syn := clusters(b, n, 512, 3, 1), clusters(b, n, 512, 3, 2)
		target, err := topology.NewTarget(topology.DefaultOptions(), real)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				a, err := target.Align(syn)
				if err != nil || math.IsNaN(a.Total) {
					b.Fatal(a, err)
				}
			}
		})
	}
}
