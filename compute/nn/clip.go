package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Clip moves every element of variable x [...,C] into the bounds [lo, hi] of its
// channel. The result is the update itself, to be given as an output.
func Clip(x *graph.Node, lo, hi []float64) *graph.Node {
	g := x.Graph()
	if err := checkBounds(x, lo, hi); err != nil {
		return g.Poison("clip", err)
	}
	return g.Apply(clipOp, nil, x, repeated(g, "lo", lo), repeated(g, "hi", hi))
}

// checkBounds refuses bounds that are not one pair a channel of x.
func checkBounds(x *graph.Node, lo, hi []float64) error {
	if c := x.Dim(-1); len(lo) != c || len(hi) != c {
		return fmt.Errorf("clip has %d and %d channels, the table %v has %d", len(lo), len(hi), x.Shape(), c)
	}
	for i := range lo {
		if !(lo[i] <= hi[i]) {
			return fmt.Errorf("clip of channel %d is [%g, %g]: want lo <= hi", i, lo[i], hi[i])
		}
	}
	return nil
}

var clipOp = &graph.Op{
	Name: "clip",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32", in[0].DType(), in[0].Shape())
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		c := x.Dim(-1)
		for rows, t := range l.Parts(x.Size()/c, lcm(c, 4)/c, []graph.Tensor{l.In(0)}) {
			l.Dispatch(graph.Kernel{
				Shader: "clip",
				In:     []graph.Tensor{l.In(1), l.In(2)},
				Out:    t,
				Push:   graph.Push{"n": rows * c, "period": n.In()[1].Size() / 4},
				Groups: graph.Elementwise(rows * c),
			})
		}
	},
	Updates: []int{0},
}
