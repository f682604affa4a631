package nn

import "reta/compute/graph"

// Mean is the mean of all elements of x: [1]. One workgroup makes it: it is
// meant for per-sample losses, not for activations.
func Mean(x *graph.Node) *graph.Node { return x.Graph().Apply(meanOp, nil, x) }

// MSELoss is the mean of (x - y)^2 over all elements of two tensors of one shape, [1]:
// torch's mse_loss. Like Mean it is meant for logits.
func MSELoss(x, y *graph.Node) *graph.Node {
	d := graph.Add(x, Scale(y, -1))
	return Mean(Mul(d, d))
}

var meanOp = &graph.Op{
	Name: "mean",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if _, _, err := graph.SameShape(attr, in); err != nil {
			return nil, 0, err
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		l.Dispatch(graph.Kernel{
			Shader: "mean",
			In:     inputs(l, n),
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"n": x.Size(), "scale": 1 / float64(x.Size())},
			Groups: [3]int{1, 1, 1},
		})
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		x := n.In()[0]
		return []*graph.Node{n.Graph().Apply(spreadOp, spreadAttr{1 / float64(x.Size()), x.Shape()}, dy)}
	},
}

// spreadOp fills its attribute's shape with scale times a scalar.
var spreadOp = &graph.Op{
	Name: "spread",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(spreadAttr).shape, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		elementwise(l, n, "spread", graph.Push{"scale": n.Attr().(spreadAttr).scale})
	},
}

type spreadAttr struct {
	scale float64
	shape graph.Shape
}
