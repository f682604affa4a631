package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Adam is one step of Adam (Kingma and Ba 2015) on variable w with moments m
// and v; weight decay is added to the gradient. Numbers come from hyper (see
// Hyper). The result is the update itself, to be given as an output.
func Adam(w, grad, m, v, hyper *graph.Node) *graph.Node {
	grad, scale := graph.Unscaled(grad)
	return w.Graph().Apply(adamOp, scale, w, grad, m, v, hyper)
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019).
func AdamW(w, grad, m, v, hyper *graph.Node) *graph.Node {
	grad, scale := graph.Unscaled(grad)
	return w.Graph().Apply(adamWOp, scale, w, grad, m, v, hyper)
}

var adamOp = &graph.Op{
	Name:    "adam",
	Infer:   updateInfer,
	Lower:   func(l *graph.Lowering, n *graph.Node) { lowerUpdate(l, n, "adam") },
	Updates: []int{0, 2, 3},
}

var adamWOp = &graph.Op{
	Name:    "adamw",
	Infer:   updateInfer,
	Lower:   func(l *graph.Lowering, n *graph.Node) { lowerUpdate(l, n, "adamw") },
	Updates: []int{0, 2, 3},
}

// NoRow is an index past every table: AdamRows leaves it out.
const NoRow = ^uint32(0)

// AdamRows is a step of Adam on the rows idx (U32 [N], no row twice) of a table
// [M,...,C] with moments of its shape, from the gradient [N,...,C] of those
// rows; then every element is clipped to [lo, hi] of its channel. It moves
// synthetic images inside the range of valid pixels.
func AdamRows(table, grad, m, v, idx, hyper *graph.Node, lo, hi []float64) *graph.Node {
	g := table.Graph()
	if err := checkBounds(table, lo, hi); err != nil {
		return g.Poison("adam_rows", err)
	}
	grad, scale := graph.Unscaled(grad)
	return g.Apply(adamRowsOp, scale, table, grad, m, v, idx, hyper, repeated(g, "lo", lo), repeated(g, "hi", hi))
}

// repeated is a constant of so many repetitions of the channels' numbers that
// they end on a vec4.
func repeated(g *graph.Graph, name string, channels []float64) *graph.Node {
	var f []float32
	for ok := true; ok; ok = len(f)%4 != 0 {
		for _, x := range channels {
			f = append(f, float32(x))
		}
	}
	return g.Const(name, f, len(f))
}

var adamRowsOp = &graph.Op{
	Name: "adam_rows",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		table, grad, idx := in[0].Shape(), in[1].Shape(), in[4]
		if _, _, err := graph.SameShape(nil, []*graph.Node{in[0], in[2], in[3]}); err != nil {
			return nil, 0, fmt.Errorf("table and moments: %w", err)
		}
		if len(table) < 2 || len(grad) != len(table) || !grad[1:].Equal(table[1:]) || in[1].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("gradient is %v %v, want f32 rows of the table %v", in[1].DType(), grad, table)
		}
		if !idx.Shape().Equal(grad[:1]) || idx.DType() != graph.U32 {
			return nil, 0, fmt.Errorf("indices are %v %v, want u32 %v", idx.DType(), idx.Shape(), grad[:1])
		}
		if grad[0] > maxRows {
			return nil, 0, fmt.Errorf("%d rows: want at most %d", grad[0], maxRows)
		}
		return graph.Shape{1}, graph.F32, checkHyper(in[5])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		grad, from := n.In()[1], 0
		size := grad.Size() / grad.Dim(0)
		for rows, table := range l.Parts(n.In()[0].Dim(0), 1, []graph.Tensor{l.In(0), l.In(2), l.In(3)}) {
			for items, t := range l.Parts(grad.Dim(0), 1, []graph.Tensor{l.In(1), l.In(4)}) {
				l.Dispatch(scaled(n, graph.Kernel{
					Shader: "adam_rows",
					Spec:   []uint32{flag(size%4 == 0)},
					In:     append(t, l.In(5), l.In(6), l.In(7)),
					Out:    table,
					Push:   graph.Push{"size": size, "from": from, "rows": rows, "period": n.In()[6].Size() / 4},
					Groups: rowGrid(items, size),
				}))
			}
			from += rows
		}
	},
	Updates: []int{0, 2, 3},
}
