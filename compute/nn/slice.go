package nn

import "reta/compute/graph"

// slice copies the elements of x from offset on into the given shape. It serves
// gradients and has none itself.
func slice(x *graph.Node, offset int, shape graph.Shape) *graph.Node {
	return x.Graph().Apply(sliceOp, sliceAttr{offset, shape}, x)
}

type sliceAttr struct {
	offset int
	shape  graph.Shape
}

var sliceOp = &graph.Op{
	Name: "slice",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(sliceAttr).shape, in[0].DType(), nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerCopy(l, l.In(0), n.Attr().(sliceAttr).offset, l.Out(), 0, n.Size())
	},
}

// lowerCopy dispatches y[to:to+n] = x[from:from+n], in words. It is meant for
// small tensors.
func lowerCopy(l *graph.Lowering, x graph.Tensor, from int, y graph.Tensor, to, n int) {
	l.Dispatch(graph.Kernel{
		Shader: "copy_words",
		In:     []graph.Tensor{x},
		Out:    []graph.Tensor{y},
		Push:   graph.Push{"from": from, "to": to, "n": n},
		Groups: graph.Grid(n, 64),
	})
}
