package nn

import (
	"fmt"

	"reta/compute/graph"
)

// RowMap says where the rows of an item go: a permutation, a choice, or an
// arrangement with gaps. It belongs to one graph.
type RowMap struct {
	from, to *graph.Node // for each row of the result that of x, or -1: and the other way round
}

// NewRowMap is the map that takes, as row i of its result, row from[i] of the
// rows there are, or zeros where from[i] is negative. No row is taken twice.
func NewRowMap(g *graph.Graph, rows int, from []int) *RowMap {
	const most = 1 << 24 // float32 counts so far
	if rows > most || len(from) > most {
		n := g.Poison("row map", fmt.Errorf("%d rows from %d: want at most %d", len(from), rows, most))
		return &RowMap{n, n}
	}
	there, back := make([]float32, len(from)), make([]float32, rows)
	for i := range back {
		back[i] = -1
	}
	for i, row := range from {
		if row >= rows || row >= 0 && back[row] >= 0 {
			n := g.Poison("row map", fmt.Errorf("row %d takes row %d: want one of the %d that no other takes", i, row, rows))
			return &RowMap{n, n}
		}
		if there[i] = float32(row); row >= 0 {
			back[row] = float32(i)
		}
	}
	return &RowMap{g.Const("row map", there, len(there)), g.Const("row map", back, rows)}
}

// Inverse is the map that takes the rows back; those that were not taken become
// zeros.
func (m *RowMap) Inverse() *RowMap { return &RowMap{m.to, m.from} }

// MoveRows moves the rows of each item of x [N, ..., C] by a map: [N, rows of
// the result, C]. Its gradient is moved by the inverse.
func MoveRows(x *graph.Node, m *RowMap) *graph.Node {
	return x.Graph().Apply(moveRowsOp, m, x, m.from)
}

var moveRowsOp = &graph.Op{
	Name: "move_rows",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, m := in[0], attr.(*RowMap)
		if rows := rowsOf(x).n / x.Dim(0); rows != m.to.Size() || x.DType() != graph.F32 {
			return nil, 0, fmt.Errorf("x is %v %v, %d rows an item: want f32 and %d rows", x.DType(), x.Shape(), rows, m.to.Size())
		}
		return graph.Shape{x.Dim(0), m.from.Size(), x.Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		m, r := n.Attr().(*RowMap), rowsOf(n)
		for items, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.In(1).Whole(), l.Out()}) {
			l.Dispatch(rows{n: items * m.from.Size(), c: r.c}.kernel("move_rows", rowsPerSlot, t[:2], t[2], nil,
				graph.Push{"from": m.to.Size(), "to": m.from.Size()}))
		}
	},
}

func init() { // apart, for the gradient applies the operation itself
	moveRowsOp.Grad = func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{graph.Reshape(MoveRows(dy, n.Attr().(*RowMap).Inverse()), n.In()[0].Shape()...), nil}
	}
}
