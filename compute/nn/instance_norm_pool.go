package nn

import "reta/compute/graph"

// instanceNormPoolOp is AvgPool(InstanceNorm(x), k, k, 0) in one pass, where
// the windows fill the image: what is between is neither written nor read, and
// its gradient is computed from x. AvgPool makes it.
var instanceNormPoolOp = &graph.Op{
	Name: "instance_norm_pool",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, k := in[0].Shape(), attr.(instancePoolAttr).k
		return graph.Shape{x[0], x[1] / k, x[2] / k, x[3]}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[1], in[2] = in[1].Whole(), in[2].Whole()
		lowerInstancePool(l, n, "instance_norm_pool", n.In()[0], n, in)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, a, in := n.Graph(), n.Attr(), n.In()
		x, gamma, beta, stats := in[0], in[1], in[2], in[3]
		sums := g.Apply(instanceNormPoolReduceOp, a, dy, x, gamma, beta, stats)
		both := g.Apply(instanceNormGradParametersOp, gamma.Shape(), sums)
		return []*graph.Node{
			g.Apply(instanceNormPoolGradInputOp, a, dy, x, gamma, beta, stats, sums),
			slice(both, 0, gamma.Shape()), slice(both, gamma.Size(), gamma.Shape()), nil,
		}
	},
	Halves: graph.Always(graph.Result),
}

// instancePoolAttr adds the side of the windows.
type instancePoolAttr struct {
	instanceAttr
	k int
}

// normPool is AvgPool of an instance norm as one operation; nil where it is not
// one.
func normPool(norm *graph.Node, p poolAttr) *graph.Node {
	if norm.Op() != instanceNormOp || p.k < 1 || p.stride != p.k || p.pad != 0 || norm.Dim(1)%p.k != 0 || norm.Dim(2)%p.k != 0 {
		return nil
	}
	return norm.Graph().Apply(instanceNormPoolOp, instancePoolAttr{norm.Attr().(instanceAttr), p.k}, norm.In()...)
}

// instanceNormPoolReduceOp is instanceNormReduceOp from dy, x, gamma, beta and
// the statistics.
var instanceNormPoolReduceOp = &graph.Op{
	Name:  "instance_norm_pool_reduce",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) { return in[4].Shape(), graph.F32, nil },
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[2], in[3] = in[2].Whole(), in[3].Whole()
		lowerInstancePool(l, n, "instance_norm_pool_reduce", n.In()[1], n.In()[0], in)
	},
	Halves: graph.Always(0),
}

// instanceNormPoolGradInputOp is dx from dy, x, gamma, beta, the statistics and
// the images' sums.
var instanceNormPoolGradInputOp = &graph.Op{
	Name:  "instance_norm_pool_grad_input",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) { return in[1].Shape(), graph.F32, nil },
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[2], in[3] = in[2].Whole(), in[3].Whole()
		lowerInstancePool(l, n, "instance_norm_pool_grad_input", n, n.In()[0], in)
	},
	Halves: graph.Always(0, graph.Result),
}

// lowerInstancePool dispatches a kernel between x and its windows' side y.
func lowerInstancePool(l *graph.Lowering, n *graph.Node, shader string, x, y *graph.Node, in []graph.Tensor) {
	a := n.Attr().(instancePoolAttr)
	const most = 2 // windows: each is k k pixels
	dispatchInstance(l, a.instanceAttr, shader, x, in, y.Dim(2), most, graph.Push{"outH": y.Dim(1), "outW": y.Dim(2)}, uint32(a.k))
}
