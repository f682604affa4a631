package nn

import "reta/compute/graph"

// Rectify is x where like is positive and zero elsewhere: ReLU with its kinks
// held where those of like = ReLU(x0) are, so that it is linear in x around x0.
// like gets no gradient.
func Rectify(x, like *graph.Node) *graph.Node { return x.Graph().Apply(rectifyOp, ReLU, like, x) }

// rectifyOp is what ReLU's gradient is too: the gradient is the operation itself.
var rectifyOp = &graph.Op{
	Name:  "rectify",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerActivation(l, n, "activate_grad") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{nil, n.Graph().Apply(n.Op(), n.Attr(), n.In()[0], dy)}
	},
}
