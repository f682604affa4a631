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

// An operation that is done once is one node for equal inputs and attributes,
// and another after an update of the input, be it through a view.
func TestOnce(t *testing.T) {
	dev := graphtest.Device(t)
	sum := func(l *graph.Lowering, a, b, to graph.Tensor, n int) {
		l.Dispatch(graph.Kernel{Shader: "add", In: []graph.Tensor{a, b}, Out: []graph.Tensor{to}, Push: graph.Push{"n": n}, Groups: graph.Elementwise(n)})
	}
	twice := &graph.Op{Name: "twice", Once: true, Infer: graph.SameShape, Lower: func(l *graph.Lowering, n *graph.Node) {
		sum(l, l.In(0), l.In(0), l.Out(), n.Size())
	}}
	increase := &graph.Op{Name: "increase", Updates: []int{0}, Infer: graph.SameShape, Lower: func(l *graph.Lowering, n *graph.Node) {
		sum(l, l.In(1), l.In(1), l.In(0), n.Size())
	}}
	v, err := graph.NewVariable(dev, "v", graph.F32, false, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Free()
	if err := v.Write([]float32{1, 2, 3, 4, 5, 6}); err != nil {
		t.Fatal(err)
	}
	g := graph.New(dev)
	x, seen := g.Const("x", []float32{10, 20, 30, 40, 50, 60}, 2, 3), g.Variable(v)
	view := graph.Reshape(seen, 6)
	before, viewed := g.Apply(twice, 1, seen), g.Apply(twice, 1, view)
	if g.Apply(twice, 1, seen) != before || g.Apply(twice, 1, view) != viewed || viewed == before {
		t.Error("the same is done twice, or a view is taken for what it shows")
	}
	if g.Apply(twice, 2, seen) == before {
		t.Error("another attribute makes no other node")
	}
	update := g.Apply(increase, nil, seen, x)
	after, viewedAfter := g.Apply(twice, 1, seen), g.Apply(twice, 1, view)
	if after == before || viewedAfter == viewed {
		t.Error("what is applied after an update is the node of before")
	}
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{before, viewed, update, after, viewedAfter}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[*graph.Node][]float64{
		before: {2, 4, 6, 8, 10, 12}, viewed: {2, 4, 6, 8, 10, 12}, after: {40, 80, 120, 160, 200, 240}, viewedAfter: {40, 80, 120, 160, 200, 240},
	} {
		got, err := e.Get(n)
		if err != nil {
			t.Fatal(err)
		}
		graphtest.Near(t, n.String(), got, want, 0)
	}
}
