package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
)

// ChannelStats is the mean (row 0) and biased variance (row 1) of each channel
// of x [..., C] over all other dimensions: [2, C].
//
// Its gradient, dmean/n + 2 dvar (x - mean)/n, adds itself to another gradient
// of x in one pass, and joins that of a BatchNorm of x.
//
// Of a Concat they are its parts' statistics, joined: those of a tensor are
// computed once, in whichever tensors its channels are read again, and so is the
// gradient through them.
func ChannelStats(x *graph.Node) *graph.Node {
	if x.Op() != concatOp {
		return x.Graph().Apply(channelStatsOp, nil, x)
	}
	parts := make([]*graph.Node, len(x.In()))
	for i, part := range x.In() {
		parts[i] = ChannelStats(part)
	}
	return Concat(parts...)
}

var channelStatsOp = &graph.Op{
	Name: "channel_stats",
	Once: true,
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if len(in[0].Shape()) < 2 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("want f32 [..., C] of at least two dimensions, got %v %v", in[0].DType(), in[0].Shape())
		}
		return graph.Shape{2, in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		r := rowsOf(n.In()[0])
		m, ok := l.Left().(moments)
		if !ok {
			m.part, m.per, m.slots = r.reduce(l, "channel_stats", 2, []graph.Tensor{l.In(0)}, nil, nil)
		}
		finish(l, "channel_stats_finish", m.part, r.quads(),
			graph.Push{"rows": r.n, "C": r.c, "quads": r.quads(), "per": m.per, "slots": m.slots})
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(channelStatsGradOp, nil, n.In()[0], n, dy)}
	},
	Halves: graph.Always(0),
}

// channelStatsGradOp is the gradient of x from x, stats, dstats and, as an
// optional fourth input, a gradient to add.
var channelStatsGradOp = &graph.Op{
	Name:  "channel_stats_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := []graph.Tensor{l.In(0), l.In(1).Whole(), l.In(2).Whole()}
		shader := "channel_stats_grad"
		if len(n.In()) > 3 {
			in, shader = append(in, l.In(3)), "channel_stats_grad_add"
		}
		rowsOf(n).elementwise(l, shader, in, nil, graph.Push{"count": rowsOf(n).n})
	},
	Accumulate: func(n, base *graph.Node) *graph.Node {
		x, stats, dstats := n.In()[0], n.In()[1], n.In()[2]
		if len(n.In()) > 3 {
			return graph.Add(n, base)
		}
		if base.Op() == batchNormGradInputOp && len(base.In()) == batchNormGradInputs {
			in := slices.Clone(base.In())
			in[1] = x
			return n.Graph().Apply(batchNormGradInputOp, base.Attr(), append(in, stats, dstats)...)
		}
		return n.Graph().Apply(n.Op(), nil, x, stats, dstats, base)
	},
	Halves: graph.Always(0, 3, graph.Result),
}

// likeFirst is the Infer of operations whose result has the first input's shape
// and whose builder has checked the rest.
func likeFirst(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
	return in[0].Shape(), in[0].DType(), nil
}
