package nn

import (
	"context"
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestClip(t *testing.T) {
	for _, shape := range [][]int{{1, 3}, {5, 7, 3}, {2, 33, 31, 3}, {6, 4}, {9, 1}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			g := graph.New(graphtest.Device(t))
			first := normals(3, graph.Shape(shape).Size())
			x := variable(t, g, first, shape...)
			lo, hi := []float64{-0.5, 0, -1, -0.25}[:shape[len(shape)-1]], []float64{0.5, 0.75, 0, 2}[:shape[len(shape)-1]]
			e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{Clip(g.Variable(x), lo, hi)}, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := e.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			got := read(t, x)
			for i, v := range first {
				c := i % len(lo)
				if want := float32(max(lo[c], min(hi[c], v))); got[i] != want {
					t.Fatalf("element %d is %g, want %g in [%g, %g]", i, got[i], want, lo[c], hi[c])
				}
			}
		})
	}
}
