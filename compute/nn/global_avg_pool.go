package nn

import (
	"fmt"

	"reta/compute/graph"
)

// GlobalAvgPool is the mean over the pixels of every image: x [N,H,W,C] to
// [N,C].
func GlobalAvgPool(x *graph.Node) *graph.Node {
	return x.Graph().Apply(globalAvgPoolOp, nil, x)
}

var globalAvgPoolOp = &graph.Op{
	Name: "global_avg_pool",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x := in[0].Shape()
		if len(x) != 4 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
		}
		return graph.Shape{x[0], x[3]}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		pixels := x.Dim(1) * x.Dim(2)
		for n, t := range l.Parts(x.Dim(0), 1, []graph.Tensor{l.In(0), l.Out()}) {
			l.Dispatch(rows{n * pixels, x.Dim(3)}.kernel("global_avg_pool", pixels, t[:1], t[1], nil, nil))
		}
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(globalAvgPoolGradOp, n.In()[0].Shape(), dy)}
	},
}

// globalAvgPoolGradOp spreads dy over the pixels of its attribute's shape.
var globalAvgPoolGradOp = &graph.Op{
	Name: "global_avg_pool_grad",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(graph.Shape), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		pixels, c := n.Dim(1)*n.Dim(2), n.Dim(3)
		for n, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.Out()}) {
			l.Dispatch(rows{n * pixels, c}.kernel("global_avg_pool_grad", pixels, t[:1], t[1], nil, nil))
		}
	},
}
