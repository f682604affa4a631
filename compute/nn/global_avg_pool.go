package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
)

// GlobalAvgPool is the mean over the pixels of every image: x [N,H,W,C] to
// [N,C].
func GlobalAvgPool(x *graph.Node) *graph.Node {
	return x.Graph().Apply(globalAvgPoolOp, instanceLanes(x.Graph().Info()), x)
}

// globalAvgPoolOp's attribute is the number of lanes.
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
		lowerPixelSums(l, n, "global_avg_pool")
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(globalAvgPoolGradOp, n.In()[0].Shape(), dy)}
	},
	Halves: graph.Always(0),
}

// globalAvgPoolGradOp spreads dy over the pixels of its attribute's shape.
var globalAvgPoolGradOp = &graph.Op{
	Name: "global_avg_pool_grad",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(graph.Shape), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		byImage(l, n, "global_avg_pool_grad", inputs(l, n), nil, graph.Push{"scale": 1 / float64(n.Dim(1)*n.Dim(2))})
	},
	Accumulate: func(n, base *graph.Node) *graph.Node {
		if base.Op() == gateOp && base.Attr().(gateAttr) == gateChannels {
			return n.Graph().Apply(gateOp, gateShifted, append(slices.Clone(base.In()), n.In()[0])...)
		}
		return graph.Add(n, base)
	},
	Halves: graph.Always(graph.Result),
}

// lowerPixelSums dispatches a variant of global_avg_pool.comp over the images of
// the first input; n's attribute is the number of lanes.
func lowerPixelSums(l *graph.Lowering, n *graph.Node, shader string) {
	x := n.In()[0]
	dispatchInstance(l, instanceAttr{lanes: n.Attr().(int)}, shader, x, inputs(l, n), x.Dim(1)*x.Dim(2), 8, nil)
}
