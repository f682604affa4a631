package nn

import (
	"fmt"

	"reta/compute/graph"
)

// L2Normalize is every row of x [N,F] over its Euclidean norm, or over 1e-12
// where that is larger.
func L2Normalize(x *graph.Node) *graph.Node { return x.Graph().Apply(l2NormalizeOp, nil, x) }

var l2NormalizeOp = &graph.Op{
	Name: "l2_normalize",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if len(in[0].Shape()) != 2 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32 [N,F]", in[0].DType(), in[0].Shape())
		}
		return in[0].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerL2Normalize(l, n, "l2_normalize") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(l2NormalizeGradOp, nil, n.In()[0], dy)}
	},
}

var l2NormalizeGradOp = &graph.Op{
	Name:  "l2_normalize_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerL2Normalize(l, n, "l2_normalize_grad") },
}

func lowerL2Normalize(l *graph.Lowering, n *graph.Node, shader string) {
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"rows": n.Dim(0), "C": n.Dim(1), "eps": 1e-12},
		Groups: graph.Grid(n.Dim(0), 1),
	})
}
