package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Stack joins tensors of one shape along a new first dimension: [len(xs), ...].
// Of no tensors it makes nil.
func Stack(xs ...*graph.Node) *graph.Node {
	if len(xs) == 0 {
		return nil
	}
	return xs[0].Graph().Apply(stackOp, nil, xs...)
}

var stackOp = &graph.Op{
	Name: "stack",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		for _, x := range in {
			if !x.Shape().Equal(in[0].Shape()) || x.DType() != in[0].DType() {
				return nil, 0, fmt.Errorf("tensors differ: %v %v and %v %v", in[0].DType(), in[0].Shape(), x.DType(), x.Shape())
			}
		}
		return append(graph.Shape{len(in)}, in[0].Shape()...), in[0].DType(), nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		size := n.In()[0].Size()
		for i := range n.In() {
			lowerCopy(l, l.In(i), 0, l.Out(), i*size, size)
		}
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		grads := make([]*graph.Node, len(n.In()))
		for i, x := range n.In() {
			grads[i] = slice(dy, i*x.Size(), x.Shape())
		}
		return grads
	},
}
