package nn

import (
	"fmt"

	"reta/compute/graph"
)

// AddScaled is x + c s d for tensors x and d of one shape and a scalar s, [1]. It
// has no gradient: it moves points by gradients.
func AddScaled(x, d, s *graph.Node, c float64) *graph.Node {
	return x.Graph().Apply(addScaledOp, c, x, d, s)
}

var addScaledOp = &graph.Op{
	Name: "add_scaled",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if err := checkScalar("s", in[2]); err != nil {
			return nil, 0, err
		}
		return graph.SameShape(attr, in[:2])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { elementwise(l, n, "add_scaled", graph.Push{"c": n.Attr()}) },
}

// AddRows adds c s x to the rows idx (U32 [N], no row twice) of a table [M,...], a
// variable, for x [N,...] and a scalar s, [1]. An index past the table is left
// out. The result is the update itself, to be given as an output.
func AddRows(table, x, idx, s *graph.Node, c float64) *graph.Node {
	return table.Graph().Apply(addRowsOp, c, table, x, idx, s)
}

var addRowsOp = &graph.Op{
	Name: "add_rows",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		table, x, idx := in[0].Shape(), in[1].Shape(), in[2]
		if len(table) < 2 || len(x) != len(table) || !x[1:].Equal(table[1:]) || in[0].DType() != graph.F32 || in[1].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("x is %v %v, want f32 rows of the table %v", in[1].DType(), x, table)
		}
		if !idx.Shape().Equal(x[:1]) || idx.DType() != graph.U32 {
			return nil, 0, fmt.Errorf("indices are %v %v, want u32 %v", idx.DType(), idx.Shape(), x[:1])
		}
		if x[0] > maxRows {
			return nil, 0, fmt.Errorf("%d rows: want at most %d", x[0], maxRows)
		}
		return graph.Shape{1}, graph.F32, checkScalar("s", in[3])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x, from := n.In()[1], 0
		size := x.Size() / x.Dim(0)
		for rows, table := range l.Parts(n.In()[0].Dim(0), 1, []graph.Tensor{l.In(0)}) {
			for items, t := range l.Parts(x.Dim(0), 1, []graph.Tensor{l.In(1), l.In(2)}) {
				l.Dispatch(graph.Kernel{
					Shader: "add_rows",
					Spec:   []uint32{flag(size%4 == 0)},
					In:     append(t, l.In(3)),
					Out:    table,
					Push:   graph.Push{"size": size, "from": from, "rows": rows, "c": n.Attr()},
					Groups: rowGrid(items, size),
				})
			}
			from += rows
		}
	},
	Updates: []int{0},
}
