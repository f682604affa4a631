package graph_test

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestAdd(t *testing.T) {
	for _, n := range []int{1, 3, 64, 1023, 1025, 70001} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(n),
			Inputs: []graphtest.In{{Shape: []int{n}}, {Shape: []int{n}}},
			Build:  func(in []*graph.Node) *graph.Node { return graph.Add(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, n)
				for i := range y {
					y[i] = in[0][i] + in[1][i]
				}
				return y
			},
		})
	}
}

// A value used three times gathers three gradients, one through a view.
func TestGradientsMeet(t *testing.T) {
	graphtest.Check(t, graphtest.Case{
		Name:   "3x + x",
		Inputs: []graphtest.In{{Shape: []int{5, 7}}},
		Build: func(in []*graph.Node) *graph.Node {
			x := in[0]
			twice := graph.Add(x, graph.Reshape(graph.Reshape(x, 35), 5, 7))
			return graph.Add(graph.Add(twice, x), x)
		},
		Ref: func(in [][]float64) []float64 {
			y := make([]float64, 35)
			for i := range y {
				y[i] = 4 * in[0][i]
			}
			return y
		},
	})
}

func TestErrorsNameTheOperation(t *testing.T) {
	dev := graphtest.Device(t)
	g := graph.New(dev)
	a, b := g.Input("a", graph.F32, 3), g.Input("b", graph.F32, 4)
	var y *graph.Node
	g.Scope("layer1", func() { y = graph.Add(a, b) })
	_, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{graph.Add(y, y)}})
	want := `add "layer1" ([3] [4]): shapes differ: [3] and [4]`
	if err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}
