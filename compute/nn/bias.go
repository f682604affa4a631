package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Bias is x + b for x [..., C] and b [C].
func Bias(x, b *graph.Node) *graph.Node { return x.Graph().Apply(biasOp, nil, x, b) }

var biasOp = &graph.Op{
	Name: "bias",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, want := in[0], graph.Shape{in[0].Dim(-1)}
		if !in[1].Shape().Equal(want) || in[1].DType() != graph.F32 || x.DType() != graph.F32 {
			return nil, 0, fmt.Errorf("bias is %v %v for %v %v, want f32 %v", in[1].DType(), in[1].Shape(), x.DType(), x.Shape(), want)
		}
		return x.Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		rowsOf(n).elementwise(l, "bias", []graph.Tensor{l.In(0), l.In(1).Whole()}, nil, nil)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{dy, n.Graph().Apply(biasGradOp, nil, dy)}
	},
}

// biasGradOp is the sum of dy over all but its last dimension.
var biasGradOp = &graph.Op{
	Name: "bias_grad",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		sumRows(l, rowsOf(n.In()[0]), "bias_grad", 1, inputs(l, n), nil, nil)
	},
}
