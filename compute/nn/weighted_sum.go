package nn

import (
	"fmt"

	"reta/compute/graph"
)

// WeightedSum is the sum of weights[i] * scalars[i], [1]: a total loss. Without
// scalars there is no graph to add to, and the result is nil.
func WeightedSum(weights []float64, scalars ...*graph.Node) *graph.Node {
	if len(scalars) == 0 {
		return nil
	}
	g := scalars[0].Graph()
	if len(weights) != len(scalars) {
		return g.Poison("weighted_sum", fmt.Errorf("%d weights for %d scalars", len(weights), len(scalars)))
	}
	for len(scalars) > weightedSumWidth { // a tree, so that sums of one level run side by side
		var sums []*graph.Node
		var ones []float64
		for at := 0; at < len(scalars); at += weightedSumWidth {
			end := min(at+weightedSumWidth, len(scalars))
			sums = append(sums, g.Apply(weightedSumOp, weights[at:end:end], scalars[at:end:end]...))
			ones = append(ones, 1)
		}
		weights, scalars = ones, sums
	}
	return g.Apply(weightedSumOp, append([]float64(nil), weights...), scalars...)
}

// weightedSumWidth is the number of scalars one dispatch adds.
const weightedSumWidth = 8

var weightedSumOp = &graph.Op{
	Name: "weighted_sum",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		for i, x := range in {
			if x.Size() != 1 || x.DType() != graph.F32 {
				return nil, 0, fmt.Errorf("term %d is %v %v, want an f32 scalar [1]", i, x.DType(), x.Shape())
			}
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		weights := make([]float64, weightedSumWidth)
		push := graph.Push{"count": copy(weights, n.Attr().([]float64)), "weight": weights}
		for len(in) < weightedSumWidth { // bound but not read
			in = append(in, in[0])
		}
		l.Dispatch(graph.Kernel{Shader: "weighted_sum", In: in, Out: []graph.Tensor{l.Out()}, Push: push, Groups: [3]int{1, 1, 1}})
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		grads := make([]*graph.Node, len(n.In()))
		byWeight := map[float64]*graph.Node{1: dy} // layers share their weight, so share the product
		for i, w := range n.Attr().([]float64) {
			if byWeight[w] == nil {
				byWeight[w] = Scale(dy, w)
			}
			grads[i] = graph.Reshape(byWeight[w], n.In()[i].Shape()...)
		}
		return grads
	},
}
