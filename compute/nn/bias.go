package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Bias is act(x + b) for x [..., C] and b [C].
func Bias(x, b *graph.Node, a Activation) *graph.Node { return x.Graph().Apply(biasOp, a, x, b) }

var biasOp = &graph.Op{
	Name: "bias",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, want := in[0], graph.Shape{in[0].Dim(-1)}
		if !in[1].Shape().Equal(want) || in[1].DType() != graph.F32 || x.DType() != graph.F32 {
			return nil, 0, fmt.Errorf("bias is %v %v for %v %v, want f32 %v", in[1].DType(), in[1].Shape(), x.DType(), x.Shape(), want)
		}
		return x.Shape(), graph.F32, attr.(Activation).check()
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		rowsOf(n).elementwise(l, "bias", []graph.Tensor{l.In(0), l.In(1).Whole()}, []uint32{uint32(n.Attr().(Activation))}, nil)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, a, x, b := n.Graph(), n.Attr().(Activation), n.In()[0], n.In()[1]
		dx := dy
		switch {
		case a.fromZ():
			dx = g.Apply(biasGradInputOp, a, dy, x, b)
		case a != None:
			dx = activateGrad(dy, nil, n, a)
		}
		return []*graph.Node{dx, g.Apply(biasGradOp, nil, dx)}
	},
	Halves: graph.Always(0, graph.Result),
}

// biasGradInputOp is dx from dy, x and b, for activations whose gradient is a
// function of x + b.
var biasGradInputOp = &graph.Op{
	Name:  "bias_grad_input",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		rowsOf(n).elementwise(l, "bias_grad_input", []graph.Tensor{l.In(0), l.In(1), l.In(2).Whole()}, []uint32{uint32(n.Attr().(Activation))}, nil)
	},
	Halves: graph.Always(0, 1, graph.Result),
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
	Halves: graph.Always(0),
}
