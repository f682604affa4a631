package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
)

// NormAttr are the constants of a BatchNorm or InstanceNorm. Eps is added to the
// variance; torch's default is 1e-5. Act is applied to the result.
type NormAttr struct {
	Eps float64
	Act Activation
}

func (a NormAttr) check() error {
	if !(a.Eps > 0) {
		return fmt.Errorf("eps is %g, want a positive number such as 1e-5", a.Eps)
	}
	return a.Act.check()
}

// BatchNorm is act(gamma (x - mean)/sqrt(var + eps) + beta + residual) for
// x [..., C], gamma and beta [C], stats [2, C] (mean; biased variance) and an
// optional residual of x's shape.
//
// With stats = ChannelStats(x) it is batch normalisation in train mode: the
// gradient through the statistics follows from the graph. With the running
// statistics, Stack(mean, variance), it is eval mode.
func BatchNorm(x, gamma, beta, stats *graph.Node, a NormAttr, residual *graph.Node) *graph.Node {
	if residual != nil && a.Act.fromZ() { // rare: what the gradient comes from is kept
		act := a.Act
		a.Act = None
		return Activate(BatchNorm(x, gamma, beta, stats, a, residual), act)
	}
	in := []*graph.Node{x, gamma, beta, stats}
	if residual != nil {
		in = append(in, residual)
	}
	return x.Graph().Apply(batchNormOp, batchNormAttr{NormAttr: a}, in...)
}

// batchNormAttr says too whether x is a Slab's tensor, and from which of its
// channels on there are those to be normalised, as many as gamma has.
type batchNormAttr struct {
	NormAttr
	slab bool
	from int
}

// rows are the rows of what is normalised, in x and in y.
func (a batchNormAttr) rows(x, gamma *graph.Node) rows {
	return rows{x.Size() / x.Dim(-1), gamma.Size(), x.Dim(-1)%4 > 0 || a.from%4 > 0}
}

// spec are the specialisation constants behind WHOLE.
func (a batchNormAttr) spec() []uint32 { return []uint32{uint32(a.Act)} }

// push are the push constants of kernels that read x.
func (a batchNormAttr) push(x *graph.Node) graph.Push {
	return graph.Push{"eps": a.Eps, "xC": x.Dim(-1), "from": a.from}
}

var batchNormOp = &graph.Op{
	Name: "batchnorm",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, a, c := in[0], attr.(batchNormAttr), in[0].Dim(-1)
		if a.slab {
			c = in[1].Dim(-1)
		}
		shape := append(slices.Clone(x.Shape()[:len(x.Shape())-1]), c)
		for i, want := range []graph.Shape{x.Shape(), {c}, {c}, {2, c}, x.Shape()} {
			if i < len(in) && (!in[i].Shape().Equal(want) || in[i].DType() != graph.F32) {
				what := [...]string{"x", "gamma", "beta", "stats", "residual"}[i]
				return nil, 0, fmt.Errorf("%s is %v %v, want f32 %v", what, in[i].DType(), in[i].Shape(), want)
			}
		}
		return shape, graph.F32, a.check()
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(batchNormAttr)
		in := []graph.Tensor{l.In(0), l.In(1).Whole(), l.In(2).Whole(), l.In(3).Whole()}
		shader := "batchnorm"
		if len(n.In()) > 4 {
			in, shader = append(in, l.In(4)), "batchnorm_residual"
		}
		a.rows(n.In()[0], n.In()[1]).elementwise(l, shader, in, a.spec(), a.push(n.In()[0]))
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, a, in := n.Graph(), n.Attr().(batchNormAttr), n.In()
		x, gamma, beta, stats := in[0], in[1], in[2], in[3]
		grads := make([]*graph.Node, len(in))
		dz := dy
		if len(in) > 4 { // the residual's gradient is a result of its own, so make it once
			dz, a.Act = activateGrad(dy, nil, n, a.Act), None
			grads[4] = dz
		}
		sums := g.Apply(batchNormReduceOp, a, dz, x, gamma, beta, stats)
		switch {
		case a.slab:
			grads[0] = g.Apply(batchNormGradSlabOp, a, dz, x, gamma, beta, stats)
		case a.Act == None: // x is not read, so it need not be kept
			grads[0] = g.Apply(batchNormGradInputOp, a, dz, dz, gamma, beta, stats)
		default:
			grads[0] = g.Apply(batchNormGradInputOp, a, dz, x, gamma, beta, stats)
		}
		grads[1] = slice(sums, 0, gamma.Shape())
		grads[2] = slice(sums, gamma.Size(), gamma.Shape())
		grads[3] = g.Apply(batchNormGradStatsOp, a, sums, gamma, stats)
		return grads
	},
	Halves: graph.Always(0, 4, graph.Result),
}

// batchNormReduceOp is [dgamma; dbeta] from dz, x, gamma, beta and stats.
var batchNormReduceOp = &graph.Op{
	Name: "batchnorm_reduce",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return in[4].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, x := n.Attr().(batchNormAttr), n.In()[1]
		in := []graph.Tensor{l.In(0), l.In(1), l.In(2).Whole(), l.In(3).Whole(), l.In(4).Whole()}
		sumRows(l, a.rows(x, n.In()[2]), "batchnorm_reduce", 2, in, a.spec(), a.push(x))
	},
	Halves: graph.Always(0, 1),
}

// batchNormGradInputOp is dx from dz, x, gamma, beta and stats; with the channel
// statistics of x and their gradient as further inputs, it adds what they send.
var batchNormGradInputOp = &graph.Op{
	Name:  "batchnorm_grad_input",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		if lowerNormGradient(l, n, 0, false) {
			return
		}
		a := n.Attr().(batchNormAttr)
		in, shader := []graph.Tensor{l.In(0), l.In(1), l.In(2).Whole(), l.In(3).Whole(), l.In(4).Whole()}, "batchnorm_grad_input"
		push := graph.Push{"eps": a.Eps}
		if len(n.In()) > batchNormGradInputs {
			in, shader = append(in, l.In(5).Whole(), l.In(6).Whole()), "batchnorm_grad_input_stats"
			push["count"] = rowsOf(n).n
		}
		rowsOf(n).elementwise(l, shader, in, a.spec(), push)
	},
	Halves: graph.Always(0, 1, graph.Result),
	Absorb: absorbDataGradient(0),
}

// batchNormGradSlabOp is the gradient of a slab's tensor from dz, that tensor,
// gamma, beta and stats. It leaves the channels that were not read undefined.
var batchNormGradSlabOp = &graph.Op{
	Name:  "batchnorm_grad_slab",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) { return in[1].Shape(), graph.F32, nil },
	Lower: func(l *graph.Lowering, n *graph.Node) {
		if lowerNormGradient(l, n, 0, false) {
			return
		}
		lowerGradSlab(l, n, []graph.Tensor{l.In(0), l.In(1), l.In(2).Whole(), l.In(3).Whole(), l.In(4).Whole()}, n.In()[2], false)
	},
	Accumulate: func(n, base *graph.Node) *graph.Node {
		return n.Graph().Apply(batchNormAddSlabOp, n.Attr(), append([]*graph.Node{base}, n.In()...)...)
	},
	Halves: graph.Always(0, 1, graph.Result),
	Absorb: absorbDataGradient(0),
}

// batchNormAddSlabOp adds a batchNormGradSlabOp to its first input, in place.
var batchNormAddSlabOp = &graph.Op{
	Name:    "batchnorm_add_slab",
	InPlace: true,
	Infer:   likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		if lowerNormGradient(l, n, 1, true) {
			return
		}
		lowerGradSlab(l, n, []graph.Tensor{l.In(1), l.In(2), l.In(3).Whole(), l.In(4).Whole(), l.In(5).Whole()}, n.In()[3], true)
	},
	Halves: graph.Always(0, 1, 2, graph.Result),
	Absorb: absorbDataGradient(1),
}

func lowerGradSlab(l *graph.Lowering, n *graph.Node, in []graph.Tensor, gamma *graph.Node, add bool) {
	a := n.Attr().(batchNormAttr)
	a.rows(n, gamma).elementwise(l, "batchnorm_grad_slab", in, append(a.spec(), flag(add)), a.push(n))
}

// batchNormGradInputs is the number of inputs of a batchNormGradInputOp without
// the statistics' part.
const batchNormGradInputs = 5

// batchNormGradStatsOp is the gradient of stats from sums = [dgamma; dbeta].
var batchNormGradStatsOp = &graph.Op{
	Name:  "batchnorm_grad_stats",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		c := n.Dim(-1)
		l.Dispatch(graph.Kernel{
			Shader: "batchnorm_grad_stats",
			In:     inputs(l, n),
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"C": c, "eps": n.Attr().(batchNormAttr).Eps},
			Groups: graph.Grid(c, 64),
		})
	},
}

// inputs are the tensors of all inputs of n.
func inputs(l *graph.Lowering, n *graph.Node) []graph.Tensor {
	in := make([]graph.Tensor, len(n.In()))
	for i := range in {
		in[i] = l.In(i)
	}
	return in
}
