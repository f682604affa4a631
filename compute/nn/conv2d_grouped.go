package nn

import "reta/compute/graph"

// groupedOp is a convolution in channel groups; it takes x and w.
var groupedOp = &graph.Op{
	Name:  "conv2d_grouped",
	Infer: fixed(convShape.y),
	Lower: func(l *graph.Lowering, n *graph.Node) { grouped(l, n, "conv2d_grouped", n.Size()) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		x, w, g := n.In()[0], n.In()[1], n.Graph()
		return []*graph.Node{g.Apply(groupedGradInputOp, n.Attr(), dy, w), g.Apply(groupedGradWeightOp, n.Attr(), x, dy)}
	},
	Halves: graph.Always(0, graph.Result),
}

// groupedGradInputOp takes dy and w.
var groupedGradInputOp = &graph.Op{
	Name:   "conv2d_grouped_grad_input",
	Infer:  fixed(convShape.x),
	Lower:  func(l *graph.Lowering, n *graph.Node) { grouped(l, n, "conv2d_grouped_grad_input", n.Size()) },
	Halves: graph.Always(0, graph.Result),
}

// groupedGradWeightOp takes x and dy.
var groupedGradWeightOp = &graph.Op{
	Name:   "conv2d_grouped_grad_weight",
	Infer:  fixed(convShape.w),
	Lower:  func(l *graph.Lowering, n *graph.Node) { grouped(l, n, "conv2d_grouped_grad_weight", n.Size()) },
	Halves: graph.Always(0, 1),
}

// grouped launches one invocation for each of n results.
func grouped(l *graph.Lowering, node *graph.Node, shader string, n int) {
	s := node.Attr().(convShape)
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     []graph.Tensor{l.In(0), l.In(1)},
		Out:    []graph.Tensor{l.Out()},
		Push: graph.Push{"N": s.N, "H": s.H, "W": s.W, "C": s.C, "P": s.P, "Q": s.Q, "K": s.K, "R": s.R, "S": s.S,
			"stride": s.Stride, "pad": s.Padding, "groups": s.Groups},
		Groups: graph.Grid(n, 64),
	})
}
