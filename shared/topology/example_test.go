package topology_test

import (
	"fmt"

	"reta/shared/topology"
)

// A square has one loop: it is born with the last side and filled by the first diagonal.
func ExamplePersistence() {
	square, _ := topology.NewCloud([]float64{0, 0, 1, 0, 1, 1, 0, 1}, 4, 2)
	d, _ := square.Distances()
	h := topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
	for q, bars := range h.Bars {
		for _, b := range bars {
			fmt.Printf("H%d [%.3f, %.3f)\n", q, b.Birth, b.Death)
		}
	}
	b := h.Bars[1][0]
	fmt.Println("born with edge", h.Graph.Edges[b.BirthEdge].I, h.Graph.Edges[b.BirthEdge].J,
		"filled with edge", h.Graph.Edges[b.DeathEdge].I, h.Graph.Edges[b.DeathEdge].J)
	// Output:
	// H0 [0.000, 1.000)
	// H0 [0.000, 1.000)
	// H0 [0.000, 1.000)
	// H0 [0.000, +Inf)
	// H1 [1.000, 1.414)
	// born with edge 2 3 filled with edge 0 2
}

// A class's loss and gradient, once per stage for the real side and once per update for the synthetic one.
func ExampleTarget_Align() {
	real, _ := topology.NewCloud([]float32{0, 0, 4, 0, 4, 4, 0, 4}, 4, 2)
	syn, _ := topology.NewCloud([]float32{1, 1, 3, 1, 3, 3, 1, 3}, 4, 2) // pulled together
	target, _ := topology.NewTarget(topology.DefaultOptions(), real)
	a, _ := target.Align(syn)
	fmt.Printf("kappa %.0f, a descent step expands the set: %v\n", a.Kappa.H0, a.Push < 0)
	// Output:
	// kappa 6, a descent step expands the set: true
}

// The Betti curve of two pairs of points: four components, then two, then one.
func ExampleBettiCurve() {
	line, _ := topology.NewCloud([]float64{0, 1, 5, 6}, 4, 1)
	d, _ := line.Distances()
	h := topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
	fmt.Println(topology.BettiCurve(h.Bars[0], 5, 5))
	// Output:
	// [4 2 2 2 1 1]
}
