package graph_test

import (
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// absorber adds its two inputs, and takes a Scale by two of the second in its stride, with what that is made of added twice: of which it
// needs a node of its own.
var absorber = &graph.Op{
	Name:  "absorber",
	Infer: graph.SameShape,
	Absorb: func(n *graph.Node, i int) (*graph.Node, bool) {
		x := n.In()[1]
		if i != 1 || x.Op().Name != "scale" || x.Attr() != 2.0 {
			return nil, false
		}
		return graph.Add(x.In()[0], x.In()[0]), true
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x, twice := l.Absorbed(1)
		if x == nil {
			twice = l.In(1)
		}
		l.Dispatch(graph.Kernel{Shader: "add", In: []graph.Tensor{l.In(0), twice}, Out: []graph.Tensor{l.Out()}, Push: graph.Push{"n": n.Size()}, Groups: graph.Elementwise(n.Size())})
	},
}

// A node is absorbed where all who read it can, it does not leave, and it neither reads nor is read by another absorbed one.
func TestAbsorb(t *testing.T) {
	dev := graphtest.Device(t)
	apply := func(x, y *graph.Node) *graph.Node { return x.Graph().Apply(absorber, nil, x, y) }
	for _, c := range []struct {
		name     string
		build    func(x *graph.Node) []*graph.Node
		scales   int // kernels left of that name
		adds     int // of the absorber and of what it needs
		separate bool
		want     float32 // of the first output, for x = 1
	}{
		{"one reader", func(x *graph.Node) []*graph.Node { return []*graph.Node{apply(x, graph.Scale(x, 2))} }, 0, 2, false, 3},
		{"separate", func(x *graph.Node) []*graph.Node { return []*graph.Node{apply(x, graph.Scale(x, 2))} }, 1, 1, true, 3},
		{"the reader refuses", func(x *graph.Node) []*graph.Node { return []*graph.Node{apply(x, graph.Scale(x, 3))} }, 1, 1, false, 4},
		{"it leaves", func(x *graph.Node) []*graph.Node {
			y := graph.Scale(x, 2)
			return []*graph.Node{apply(x, y), y}
		}, 1, 1, false, 3},
		{"two readers", func(x *graph.Node) []*graph.Node {
			y := graph.Scale(x, 2)
			return []*graph.Node{apply(x, y), apply(apply(x, x), y)}
		}, 0, 5, false, 3}, // each with a sum of its own, for an Add is not Once
		{"another reader", func(x *graph.Node) []*graph.Node {
			y := graph.Scale(x, 2)
			return []*graph.Node{apply(x, y), graph.Scale(y, 5)}
		}, 2, 1, false, 3},
		{"a reader that reads it twice", func(x *graph.Node) []*graph.Node {
			y := graph.Scale(x, 2)
			return []*graph.Node{apply(y, y)}
		}, 1, 1, false, 4},
		{"one after the other", func(x *graph.Node) []*graph.Node { return []*graph.Node{apply(x, graph.Scale(graph.Scale(x, 2), 2))} }, 1, 2, false, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := graph.New(dev)
			x := g.Input("x", graph.F32, 7)
			outputs := c.build(x)
			e, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true, Separate: c.separate})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := e.Set(x, []float32{1, 1, 1, 1, 1, 1, 1}); err != nil {
				t.Fatal(err)
			}
			if err := e.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			y, err := e.Get(outputs[0])
			if err != nil {
				t.Fatal(err)
			}
			scales, adds := 0, 0
			for _, w := range e.Work() {
				switch w.Kernel {
				case "scale":
					scales++
				case "add":
					adds++
				}
			}
			if y[0] != c.want || y[6] != c.want || scales != c.scales || adds != c.adds {
				t.Errorf("%g, %d kernels scale and %d add: want %g, %d and %d", y[0], scales, adds, c.want, c.scales, c.adds)
			}
		})
	}
}
