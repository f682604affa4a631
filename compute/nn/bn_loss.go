package nn

import (
	"fmt"

	"reta/compute/graph"
)

// BNLoss is one layer's term of L_BN:
// ||var - running var||_2 + ||mean - running mean||_2, [1], for statistics
// [2,C] of a batch and the running ones. The gradient goes to the batch's
// statistics; where a norm is zero it is zero.
func BNLoss(stats, running *graph.Node) *graph.Node {
	return stats.Graph().Apply(bnLossOp, nil, stats, running)
}

var bnLossOp = &graph.Op{
	Name: "bn_loss",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if s := in[0].Shape(); len(s) != 2 || s[0] != 2 {
			return nil, 0, fmt.Errorf("statistics are %v, want [2,C]", s)
		}
		if _, _, err := graph.SameShape(attr, in); err != nil {
			return nil, 0, err
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerBNLoss(l, n, "bn_loss") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(bnLossGradOp, nil, n.In()[0], n.In()[1], dy), nil}
	},
}

var bnLossGradOp = &graph.Op{
	Name:  "bn_loss_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerBNLoss(l, n, "bn_loss_grad") },
}

func lowerBNLoss(l *graph.Lowering, n *graph.Node, shader string) {
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"C": n.In()[0].Dim(1)},
		Groups: [3]int{1, 1, 1},
	})
}
