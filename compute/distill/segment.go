package distill

import (
	"fmt"

	"reta/compute/graph"
)

// SegmentDistances is the fit term of Eqn 4 for all images of all classes at
// once: squared distances from each query [C,I,F] to its class's segment of the
// pool [M,F], rows segments[c] = (start, count) [C,2], all counts from 1 to
// longest. The result is [C,I,longest]; entries past a segment's end are +Inf.
// It has no gradient.
func SegmentDistances(queries, pool, segments *graph.Node, longest int) *graph.Node {
	return queries.Graph().Apply(segmentOp, longest, queries, pool, segments)
}

var segmentOp = &graph.Op{
	Name: "segment_distances",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		q, p, s := in[0].Shape(), in[1].Shape(), in[2].Shape()
		if len(q) != 3 || len(p) != 2 || q[2] != p[1] {
			return nil, 0, fmt.Errorf("queries %v and pool %v: want [C,I,F] and [M,F]", q, p)
		}
		if !s.Equal(graph.Shape{q[0], 2}) || in[2].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("segments %v of %v: want %v of u32", s, in[2].DType(), graph.Shape{q[0], 2})
		}
		if q[0]*q[1] > 65535 {
			return nil, 0, fmt.Errorf("%d queries: want at most 65535", q[0]*q[1])
		}
		return graph.Shape{q[0], q[1], attr.(int)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		classes, images, longest, width := n.Dim(0), n.Dim(1), n.Dim(2), n.In()[1].Dim(1)
		shader, rows := "segment_distances", min(images, 16)
		if i := l.Info(); !i.Features.SubgroupBallot || !i.Features.Int64 || i.Limits.SubgroupSize < 8 {
			shader, rows = "segment_distances_plain", min(images, 8)
		}
		tiles := (images + rows - 1) / rows
		rows = (images + tiles - 1) / tiles // as even as can be
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   []uint32{one(width%4 == 0), uint32(rows)},
			In:     []graph.Tensor{l.In(0), l.In(1), l.In(2)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"images": images, "width": width, "longest": longest, "tiles": tiles},
			Groups: [3]int{(longest + 31) / 32, classes * tiles, 1},
			Flops:  2 * classes * images * longest * width,
		})
	},
}

func one(yes bool) uint32 {
	if yes {
		return 1
	}
	return 0
}
