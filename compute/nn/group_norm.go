package nn

import (
	"fmt"

	"reta/compute/graph"
)

// GroupNorm is InstanceNorm with mean and variance over the pixels of each image
// and the channels of a group, of which there are so many (Wu and He 2018):
// torch's GroupNorm. With as many groups as channels it is InstanceNorm.
func GroupNorm(x, gamma, beta *graph.Node, groups int, a NormAttr) *graph.Node {
	if groups == x.Dim(-1) {
		return InstanceNorm(x, gamma, beta, a)
	}
	return groupNorm(x, gamma, beta, groupAttr{instanceAttr{a, instanceLanes(x.Graph().Info())}, groups})
}

func groupNorm(x, gamma, beta *graph.Node, a groupAttr) *graph.Node {
	stats := x.Graph().Apply(instanceStatsOp, a.instanceAttr, x)
	return x.Graph().Apply(groupNormOp, a, x, gamma, beta, x.Graph().Apply(groupStatsOp, a, stats, x))
}

// groupAttr adds the number of groups.
type groupAttr struct {
	instanceAttr
	groups int
}

// groupStatsOp is, laid out as the channels' statistics, for each channel those
// of its group. Its second input says how many channels there are.
var groupStatsOp = &graph.Op{
	Name: "group_stats",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if groups, c := attr.(groupAttr).groups, in[1].Dim(-1); groups < 1 || c%groups != 0 {
			return nil, 0, fmt.Errorf("%d groups of %d channels: want a divisor", groups, c)
		}
		return in[0].Shape(), graph.F32, nil
	},
	Lower:  func(l *graph.Lowering, n *graph.Node) { lowerGroup(l, n, "group_stats", l.In(0)) },
	Halves: graph.Always(1),
}

// groupSumsOp is, laid out alike, the means over each group of gamma times the
// channels' sums, from the sums, x and gamma.
var groupSumsOp = &graph.Op{
	Name:   "group_sums",
	Infer:  likeFirst,
	Lower:  func(l *graph.Lowering, n *graph.Node) { lowerGroup(l, n, "group_sums", l.In(0), l.In(2)) },
	Halves: graph.Always(1),
}

func lowerGroup(l *graph.Lowering, n *graph.Node, shader string, in ...graph.Tensor) {
	groups := n.Attr().(groupAttr).groups
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     in,
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"images": n.Dim(0), "C": n.In()[1].Dim(-1), "width": n.Dim(2), "groups": groups},
		Groups: graph.Grid(n.Dim(0)*groups, 64),
	})
}

// groupNormOp is instanceNormOp with the statistics of groups.
var groupNormOp = &graph.Op{
	Name: "group_norm",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return instanceNormOp.Infer(attr.(groupAttr).instanceAttr, in)
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[1], in[2] = in[1].Whole(), in[2].Whole()
		lowerGroupNorm(l, n, "instance_norm", in)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, a, in := n.Graph(), n.Attr().(groupAttr), n.In()
		x, gamma, beta, stats := in[0], in[1], in[2], in[3]
		source := a.Act.source(x, n, dy)
		sums := g.Apply(instanceNormReduceOp, a.instanceAttr, dy, source, x, gamma, beta, stats)
		both := g.Apply(instanceNormGradParametersOp, gamma.Shape(), sums)
		return []*graph.Node{
			g.Apply(groupNormGradInputOp, a, dy, source, x, gamma, beta, stats, g.Apply(groupSumsOp, a, sums, x, gamma)),
			slice(both, 0, gamma.Shape()), slice(both, gamma.Size(), gamma.Shape()), nil,
		}
	},
	Halves: graph.Always(graph.Result),
}

// groupNormGradInputOp is instanceNormGradInputOp with a groupSumsOp in the place
// of the sums.
var groupNormGradInputOp = &graph.Op{
	Name:  "group_norm_grad_input",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[3], in[4] = in[3].Whole(), in[4].Whole()
		lowerGroupNorm(l, n, "instance_norm_grad_input", in, 1)
	},
	Halves: graph.Always(0, 1, graph.Result),
}

func lowerGroupNorm(l *graph.Lowering, n *graph.Node, shader string, in []graph.Tensor, spec ...uint32) {
	dispatchInstance(l, n.Attr().(groupAttr).instanceAttr, shader, n, in, n.Dim(1)*n.Dim(2), 8, nil, spec...)
}
