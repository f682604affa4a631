package nn

import (
	"math"

	"reta/compute/graph"
)

// ReLU is max(x, 0). Its gradient at zero is zero.
func ReLU(x *graph.Node) *graph.Node { return x.Graph().Apply(reluOp, 0.0, x) }

// ReLU6 is min(max(x, 0), 6). Its gradient at zero and at six is zero.
func ReLU6(x *graph.Node) *graph.Node { return x.Graph().Apply(reluOp, 6.0, x) }

// reluOp's attribute is the upper bound; 0 means none.
var reluOp = &graph.Op{
	Name:  "relu",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) { elementwise(l, n, "relu", graph.Push{"top": top(n)}) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{reluGrad(dy, n, n.Attr().(float64))}
	},
}

// reluGrad is dy where y, the clipped value, lies between the bounds. Where dy
// is the sum of two gradients, as at the end of a residual block, the addition
// is part of the same pass.
func reluGrad(dy, y *graph.Node, top float64) *graph.Node {
	return dy.Graph().Apply(reluGradOp, top, append([]*graph.Node{y}, graph.Terms(dy)...)...)
}

// reluGradOp masks the sum of its second and, if any, third input by its first.
var reluGradOp = &graph.Op{
	Name:  "relu_grad",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		shader := "relu_grad"
		if len(n.In()) > 2 {
			shader = "relu_grad_sum"
		}
		elementwise(l, n, shader, graph.Push{"top": top(n)})
	},
}

// top is the upper bound of a reluOp or reluGradOp.
func top(n *graph.Node) float64 {
	if t := n.Attr().(float64); t > 0 {
		return t
	}
	return math.MaxFloat32
}

// elementwise dispatches a kernel that includes elementwise.glsl and whose push
// constants are n, the number of elements, and those in push.
func elementwise(l *graph.Lowering, n *graph.Node, shader string, push graph.Push) {
	in := inputs(l, n)
	for i, x := range n.In() {
		if x.Size() != n.Size() { // a scalar
			in[i] = in[i].Whole()
		}
	}
	for size, t := range l.Parts(n.Size(), 1, append(in, l.Out())) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push:   merge(graph.Push{"n": size}, push),
			Groups: graph.Elementwise(size),
		})
	}
}
