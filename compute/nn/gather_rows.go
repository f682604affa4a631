package nn

import (
	"fmt"

	"reta/compute/graph"
)

// GatherRows is the rows idx (U32 [N]) of a table [M, ...]: [N, ...], of the
// table's element type. An index past the table takes its last row. The table
// gets no gradient: AdamRows takes the gradient of the gathered rows.
func GatherRows(table, idx *graph.Node) *graph.Node {
	return table.Graph().Apply(gatherRowsOp, nil, table, idx)
}

var gatherRowsOp = &graph.Op{
	Name: "gather_rows",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		table, idx := in[0].Shape(), in[1].Shape()
		if len(table) < 2 || len(idx) != 1 || in[1].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("table %v and indices %v %v: want [M,...] and u32 [N]", table, in[1].DType(), idx)
		}
		if idx[0] > maxRows {
			return nil, 0, fmt.Errorf("%d indices: want at most %d", idx[0], maxRows)
		}
		return append(graph.Shape{idx[0]}, table[1:]...), in[0].DType(), nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		size, table, from := n.Size()/n.Dim(0), n.In()[0].Dim(0), 0
		for rows, part := range l.Parts(table, 1, []graph.Tensor{l.In(0)}) {
			for items, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(1), l.Out()}) {
				l.Dispatch(graph.Kernel{
					Shader: "gather_rows",
					Spec:   []uint32{flag(size%4 == 0)},
					In:     []graph.Tensor{part[0], t[0]},
					Out:    t[1:],
					Push:   graph.Push{"size": size, "last": table - 1, "from": from, "rows": rows},
					Groups: rowGrid(items, size),
				})
			}
			from += rows
		}
	},
}

// maxRows is how many rows the y dimension of a grid takes on every device.
const maxRows = 65535

// rowGrid is the grid of kernels that take a row by y and four vec4 of it an
// invocation by x.
func rowGrid(n, size int) [3]int { return [3]int{(size + 1023) / 1024, n, 1} }
