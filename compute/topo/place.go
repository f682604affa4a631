package topo

import (
	"fmt"

	"reta/compute/graph"
)

// Place writes the rows x [N,F] into a table [M,F], a variable, at idx (U32 [N], no row twice); an index past the table
// is left out. So batches of features gather in one tensor on the device. The result is the update itself, to be given
// as an output.
func Place(table, x, idx *graph.Node) *graph.Node {
	return table.Graph().Apply(placeOp, nil, table, x, idx)
}

var placeOp = &graph.Op{
	Name: "topo_place",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		table, x, idx := in[0], in[1], in[2]
		if len(table.Shape()) != 2 || len(x.Shape()) != 2 || table.Dim(1) != x.Dim(1) || table.DType() != x.DType() {
			return nil, 0, fmt.Errorf("table %v %v and rows %v %v: want [M,F] and [N,F] of one type",
				table.DType(), table.Shape(), x.DType(), x.Shape())
		}
		if !idx.Shape().Equal(x.Shape()[:1]) || idx.DType() != graph.U32 || x.Dim(0) > 65535 {
			return nil, 0, fmt.Errorf("indices %v %v of %d rows: want u32 [N], N at most 65535",
				idx.DType(), idx.Shape(), x.Dim(0))
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		table, x := n.In()[0], n.In()[1]
		l.Dispatch(graph.Kernel{
			Shader: "topo_place",
			In:     []graph.Tensor{l.In(1), l.In(2)},
			Out:    []graph.Tensor{l.In(0)},
			Push:   graph.Push{"size": x.Dim(1), "rows": table.Dim(0)},
			Groups: [3]int{(x.Dim(1) + 255) / 256, x.Dim(0), 1},
		})
	},
	Updates: []int{0},
}
