package nn

import (
	"fmt"

	"reta/compute/graph"
)

// MatchStatistics compares the statistics of layers, side by side in stats [2,T] (means, then variances), with K targets
// [K,2,T]. Layer l has segments[l] = (first column, columns), U32 [L,2]; together they are all columns, each once. Its term is
//
//	sum_k weights[k,l] (||mean - mean_k||_2 + ||variance - variance_k||_2),
//
// [L] in all: with one target and weights of 1 the BNLoss of each layer. The gradient goes to stats; where a norm is zero
// it is zero.
func MatchStatistics(stats, targets, weights, segments *graph.Node) *graph.Node {
	return stats.Graph().Apply(matchStatisticsOp, nil, stats, targets, weights, segments)
}

var matchStatisticsOp = &graph.Op{
	Name: "match_statistics",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		stats, targets, weights, segments := in[0].Shape(), in[1].Shape(), in[2].Shape(), in[3].Shape()
		if len(stats) != 2 || stats[0] != 2 || len(targets) != 3 || !targets[1:].Equal(stats) {
			return nil, 0, fmt.Errorf("statistics %v and targets %v: want [2,T] and [K,2,T]", stats, targets)
		}
		if len(segments) != 2 || segments[1] != 2 || in[3].DType() != graph.U32 || !weights.Equal(graph.Shape{targets[0], segments[0]}) {
			return nil, 0, fmt.Errorf("weights %v and segments %v %v: want [%d,L] and u32 [L,2]", weights, in[3].DType(), segments, targets[0])
		}
		return segments[:1:1], graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerMatchStatistics(l, n, "match_statistics") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		in := n.In()
		return []*graph.Node{n.Graph().Apply(matchStatisticsGradOp, nil, in[0], in[1], in[2], in[3], dy), nil, nil, nil}
	},
}

var matchStatisticsGradOp = &graph.Op{
	Name:  "match_statistics_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerMatchStatistics(l, n, "match_statistics_grad") },
}

func lowerMatchStatistics(l *graph.Lowering, n *graph.Node, shader string) {
	layers := n.In()[3].Dim(0)
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"T": n.In()[0].Dim(1), "layers": layers, "targets": n.In()[1].Dim(0)},
		Groups: graph.Grid(layers, 1),
	})
}

// StraightThrough is value, with the gradient that it gets going to x of the same shape as it is: a smoothed statistic, whose
// gradient is to be that of the present one.
func StraightThrough(value, x *graph.Node) *graph.Node {
	return x.Graph().Apply(straightThroughOp, nil, value, x)
}

var straightThroughOp = &graph.Op{
	Name:  "straight_through",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerCopy(l, l.In(0), 0, l.Out(), 0, n.Size())
	},
	Grad: func(n, dy *graph.Node) []*graph.Node { return []*graph.Node{nil, dy} },
}
