package nn

import "reta/compute/graph"

// EMA moves variable avg towards w, of the same shape, as an exponential moving
// average of it: avg = decay avg + (1-decay) w, decay [1]. A decay of 0 copies w.
// The result is the update itself, to be given as an output.
func EMA(avg, w, decay *graph.Node) *graph.Node { return w.Graph().Apply(emaOp, 1.0, avg, w, decay) } // w is no gradient: of scale 1

var emaOp = &graph.Op{
	Name: "ema",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if err := checkScalar("decay", in[2]); err != nil {
			return nil, 0, err
		}
		_, _, err := graph.SameShape(attr, in[:2])
		return graph.Shape{1}, graph.F32, err
	},
	Lower:   func(l *graph.Lowering, n *graph.Node) { lowerUpdate(l, n, "ema") },
	Updates: []int{0},
}
