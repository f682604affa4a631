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
		l.Dispatch(rowsOf(x).kernel("global_avg_pool", x.Dim(1)*x.Dim(2), inputs(l, n), l.Out(), nil, nil))
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
		l.Dispatch(rowsOf(n).kernel("global_avg_pool_grad", n.Dim(1)*n.Dim(2), inputs(l, n), l.Out(), nil, nil))
	},
}
