package nn

import "reta/compute/graph"

// Scale is s * x.
func Scale(x *graph.Node, s float64) *graph.Node { return graph.Scale(x, s) }

// Mul is a * b, element by element.
func Mul(a, b *graph.Node) *graph.Node { return a.Graph().Apply(mulOp, nil, a, b) }

var mulOp = &graph.Op{
	Name:  "mul",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) { elementwise(l, n, "mul", nil) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g := n.Graph()
		return []*graph.Node{g.Apply(n.Op(), nil, dy, n.In()[1]), g.Apply(n.Op(), nil, dy, n.In()[0])}
	},
}
