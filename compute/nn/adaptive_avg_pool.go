package nn

import (
	"fmt"

	"reta/compute/graph"
)

// AdaptiveAvgPool is x [N,H,W,C] averaged to [N,h,w,C]: window i of an axis of H
// pixels goes from floor(i H/h) to ceil((i+1) H/h), as torch's AdaptiveAvgPool2d.
// Where h is larger than H, windows share pixels.
func AdaptiveAvgPool(x *graph.Node, h, w int) *graph.Node {
	if x.Dim(1) == h && x.Dim(2) == w {
		return x
	}
	return x.Graph().Apply(adaptiveAvgPoolOp, [2]int{h, w}, x)
}

var adaptiveAvgPoolOp = &graph.Op{
	Name: "adaptive_avg_pool",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, size := in[0].Shape(), attr.([2]int)
		if len(x) != 4 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
		}
		return graph.Shape{x[0], size[0], size[1], x[3]}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerAdaptive(l, n, "adaptive_avg_pool", n.In()[0], n) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(adaptiveAvgPoolGradOp, n.In()[0].Shape(), dy)}
	},
}

// adaptiveAvgPoolGradOp is dx, of its attribute's shape, from dy.
var adaptiveAvgPoolGradOp = &graph.Op{
	Name: "adaptive_avg_pool_grad",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(graph.Shape), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerAdaptive(l, n, "adaptive_avg_pool_grad", n, n.In()[0]) },
}

// lowerAdaptive dispatches a kernel that includes adaptive_pool.glsl between
// input side x and output side y: one invocation a pixel and quad of the node's
// own side.
func lowerAdaptive(l *graph.Lowering, n *graph.Node, shader string, x, y *graph.Node) {
	r := rowsOf(n)
	for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.Out()}) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   []uint32{r.whole()},
			In:     t[:1],
			Out:    t[1:],
			Push: graph.Push{"N": images, "H": x.Dim(1), "W": x.Dim(2), "C": x.Dim(3), "outH": y.Dim(1), "outW": y.Dim(2),
				"quads": r.quads()},
			Groups: graph.Grid(images*n.Dim(1)*n.Dim(2)*r.quads(), 64),
		})
	}
}
