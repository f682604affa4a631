package distill

import (
	"fmt"

	"reta/compute/graph"
)

// SegmentDistances is the fit term of Eqn 4 for many queries at once: squared
// distances from each query [Q,F] to its own segment of the pool [M,F], rows
// segments[q] = (start, count) [Q,2], all counts at most longest. The result is
// [Q,longest]; entries past a segment's end are +Inf. It has no gradient.
func SegmentDistances(queries, pool, segments *graph.Node, longest int) *graph.Node {
	return queries.Graph().Apply(segmentOp, longest, queries, pool, segments)
}

var segmentOp = &graph.Op{
	Name: "segment_distances",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		q, p, s := in[0].Shape(), in[1].Shape(), in[2].Shape()
		if len(q) != 2 || len(p) != 2 || q[1] != p[1] {
			return nil, 0, fmt.Errorf("queries %v and pool %v: want [Q,F] and [M,F]", q, p)
		}
		if !s.Equal(graph.Shape{q[0], 2}) || in[2].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("segments %v of %v: want %v of u32", s, in[2].DType(), graph.Shape{q[0], 2})
		}
		if q[0] > 65535 {
			return nil, 0, fmt.Errorf("%d queries: want at most 65535", q[0])
		}
		return graph.Shape{q[0], attr.(int)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		longest, width := n.Dim(1), n.In()[0].Dim(1)
		whole := uint32(0)
		if width%4 == 0 {
			whole = 1
		}
		l.Dispatch(graph.Kernel{
			Shader: "segment_distances",
			Spec:   []uint32{whole},
			In:     []graph.Tensor{l.In(0), l.In(1), l.In(2)},
			Out:    []graph.Tensor{l.Out()},
			Push:   []uint32{uint32(width), uint32(longest)},
			Groups: [3]int{(longest + 63) / 64, n.Dim(0), 1},
		})
	},
}
