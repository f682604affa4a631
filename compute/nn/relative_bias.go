package nn

import (
	"fmt"

	"reta/compute/graph"
)

// RelativeBias is the bias that Attention adds to the scores of the tokens of a
// square window of the given side, from a table [(2 side - 1)^2, heads] with a
// row for each position of one token relative to another (Liu et al. 2021):
// [T, heads, T'], T = side^2, T' the next multiple of four, filled up with
// zeros. Element [i, h, j] is table[(y_i - y_j + side - 1)(2 side - 1) + x_i -
// x_j + side - 1, h].
func RelativeBias(table *graph.Node, side int) *graph.Node {
	return table.Graph().Apply(relativeBiasOp, side, table)
}

var relativeBiasOp = &graph.Op{
	Name: "relative_bias",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		side, t := attr.(int), in[0].Shape()
		if side < 1 || len(t) != 2 || t[0] != (2*side-1)*(2*side-1) || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("table is %v %v, want f32 [%d,heads] for a window of %d x %d", in[0].DType(), t, (2*side-1)*(2*side-1), side, side)
		}
		return graph.Shape{side * side, t[1], roundUp(side*side, 4)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerRelativeBias(l, n, n, "relative_bias", n.Size()/4) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(relativeBiasGradOp, n.In()[0].Shape(), dy)}
	},
}

var relativeBiasGradOp = &graph.Op{
	Name: "relative_bias_grad",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(graph.Shape), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerRelativeBias(l, n, n.In()[0], "relative_bias_grad", n.Size())
	},
}

// lowerRelativeBias dispatches a kernel with so many invocations between a table
// and a bias.
func lowerRelativeBias(l *graph.Lowering, n, bias *graph.Node, shader string, invocations int) {
	side := 1
	for side*side < bias.Dim(0) {
		side++
	}
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"window": side, "heads": bias.Dim(1), "quads": bias.Dim(2) / 4},
		Groups: graph.Grid(invocations, 64),
	})
}
