package nn

import (
	"fmt"

	"reta/compute/graph"
)

// SliceRows is rows [from, from+n) of x [N,...], of x's element type: a
// micro-batch of a batch. A step that accumulates gradients is one program:
//
//	var losses []*graph.Node
//	for i := range 2 {
//		out := model.Forward(nn.SliceRows(x, 8*i, 8), models.Train) // statistics of its own eight images
//		losses = append(losses, nn.KLDiv(out.Logits, nn.SliceRows(targets, 8*i, 8), 20))
//		for _, l := range out.BN {
//			updates = append(updates, nn.UpdateRunning(l.Mean, l.Var, l.Stats, 0.1, l.Count)) // in this order
//		}
//	}
//	grads := g.Grad(nn.WeightedSum([]float64{0.5, 0.5}, losses...), weights...)
func SliceRows(x *graph.Node, from, n int) *graph.Node {
	shape, row := append(graph.Shape{n}, x.Shape()[1:]...), x.Size()/x.Dim(0)
	if from < 0 || n < 1 || from+n > x.Dim(0) {
		return x.Graph().Poison("slice_rows", fmt.Errorf("rows [%d, %d) of %v: want some of its %d", from, from+n, x.Shape(), x.Dim(0)))
	}
	if x.DType() != graph.F32 {
		return slice(x, from*row, shape)
	}
	return graph.Reshape(SliceChannels(graph.Reshape(x, 1, x.Size()), from*row, n*row), shape...)
}

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
