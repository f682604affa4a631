package nn

import (
	"fmt"

	"reta/compute/graph"
)

// UpdateRunning moves the running statistics [C] of a batch norm towards those
// of a batch, stats [2,C] over n values a channel: running = (1-momentum)
// running + momentum batch, the variance unbiased by n/(n-1) as torch does. The
// result is the update itself, to be given as an output.
func UpdateRunning(mean, variance, stats *graph.Node, momentum float64, n int) *graph.Node {
	return stats.Graph().Apply(updateRunningOp, runningAttr{momentum, n}, mean, variance, stats)
}

type runningAttr struct {
	momentum float64
	n        int
}

var updateRunningOp = &graph.Op{
	Name: "update_running",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if _, _, err := graph.SameShape(nil, in[:2]); err != nil {
			return nil, 0, err
		}
		if want := (graph.Shape{2, in[0].Size()}); !in[2].Shape().Equal(want) || in[2].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("statistics are %v %v, want f32 %v", in[2].DType(), in[2].Shape(), want)
		}
		if a := attr.(runningAttr); a.n < 2 || !(a.momentum >= 0 && a.momentum <= 1) {
			return nil, 0, fmt.Errorf("momentum %g over %d values: want 0 to 1, and at least two values a channel", a.momentum, a.n)
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, c := n.Attr().(runningAttr), n.In()[0].Size()
		l.Dispatch(graph.Kernel{
			Shader: "update_running",
			In:     []graph.Tensor{l.In(2)},
			Out:    []graph.Tensor{l.In(0), l.In(1)},
			Push:   graph.Push{"C": c, "momentum": a.momentum, "unbias": float64(a.n) / float64(a.n-1)},
			Groups: graph.Grid(c, 64),
		})
	},
	Updates: []int{0, 1},
}
