package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Correct is the number of rows of logits [N,C] whose label (U32 [N]) is among
// the k largest: [1]. Among equal logits the lower class comes first; a NaN is
// never correct.
func Correct(logits, labels *graph.Node, k int) *graph.Node {
	return logits.Graph().Apply(correctOp, k, logits, labels)
}

var correctOp = &graph.Op{
	Name: "correct",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		z := in[0].Shape()
		if len(z) != 2 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("logits are %v %v, want f32 [N,C]", in[0].DType(), z)
		}
		if !in[1].Shape().Equal(z[:1]) || in[1].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("labels are %v %v, want u32 %v", in[1].DType(), in[1].Shape(), z[:1])
		}
		if k := attr.(int); k < 1 {
			return nil, 0, fmt.Errorf("top %d: want at least 1", k)
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		z := n.In()[0]
		l.Dispatch(graph.Kernel{
			Shader: "correct",
			In:     inputs(l, n),
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"rows": z.Dim(0), "C": z.Dim(1), "k": n.Attr()},
			Groups: [3]int{1, 1, 1},
		})
	},
}
