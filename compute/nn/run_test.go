package nn

import (
	"context"
	"testing"

	"reta/compute/graph"
)

// run compiles the graph for one output, with poisoned memory, sets its f32
// inputs, runs it once and returns the output.
func run(t testing.TB, g *graph.Graph, out *graph.Node, inputs map[*graph.Node][]float32) []float32 {
	t.Helper()
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out}, Poison: true, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for n, v := range inputs {
		if err := e.Set(n, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	v, err := e.Get(out)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// constU32 is a tensor of words that lives as long as the test.
func constU32(t testing.TB, g *graph.Graph, data []uint32, shape ...int) *graph.Node {
	t.Helper()
	v, err := graph.NewVariable(g.Device(), "words", graph.U32, false, shape...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Free)
	if err := v.WriteU32(data); err != nil {
		t.Fatal(err)
	}
	return g.Variable(v)
}
