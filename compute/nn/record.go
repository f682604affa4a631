package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Record writes row [...] into the table [M,...], a variable, at the place that the counter says (U32 [1], a variable), and
// moves the counter on by one. Past the table its last row is written. With a counter a program that runs many times in a
// row finds its inputs by itself, as GatherRows(inputs, counter), and leaves its results in a table; the host waits once
// (graph.Exec.Repeat). The result is the update itself, to be given as an output; what reads the counter has to be made before.
func Record(table, counter, row *graph.Node) *graph.Node {
	return table.Graph().Apply(recordOp, nil, table, counter, row)
}

var recordOp = &graph.Op{
	Name: "record",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		table, counter, row := in[0], in[1], in[2]
		if len(table.Shape()) < 2 || table.Size()/table.Dim(0) != row.Size() || table.DType() != row.DType() {
			return nil, 0, fmt.Errorf("row is %v %v, want a row of the table %v %v", row.DType(), row.Shape(), table.DType(), table.Shape())
		}
		if !counter.Shape().Equal(graph.Shape{1}) || counter.DType() != graph.U32 {
			return nil, 0, fmt.Errorf("counter is %v %v, want u32 [1]", counter.DType(), counter.Shape())
		}
		return graph.Shape{1}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		l.Dispatch(graph.Kernel{
			Shader: "record",
			In:     []graph.Tensor{l.In(2)},
			Out:    []graph.Tensor{l.In(1), l.In(0)},
			Push:   graph.Push{"size": n.In()[2].Size(), "last": n.In()[0].Dim(0) - 1},
			Groups: [3]int{1, 1, 1},
		})
	},
	Updates: []int{0, 1},
}
