package nn

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/vk"
)

// InstanceNorm is act(gamma (x - mean)/sqrt(var + eps) + beta) for x [N,H,W,C],
// gamma and beta [C], with mean and biased variance of each channel over the
// pixels of each image: torch's GroupNorm(C, C), or InstanceNorm2d with
// affine=True. It has no running statistics and is the same in training and
// evaluation (Ulyanov et al. 2016). Of an image without contrast x hardly varies
// around its mean, so x is float32 in graphs of fp16 too.
func InstanceNorm(x, gamma, beta *graph.Node, a NormAttr) *graph.Node {
	return instanceNorm(x, gamma, beta, instanceAttr{a, instanceLanes(x.Graph().Info())})
}

// instanceLanes is how many invocations share the pixels of four channels.
func instanceLanes(i vk.Info) int {
	if i.Kind == vk.CPU {
		return 1 // barriers cost more there than lanes bring
	}
	return 16
}

func instanceNorm(x, gamma, beta *graph.Node, a instanceAttr) *graph.Node {
	stats := x.Graph().Apply(instanceStatsOp, a, x)
	return x.Graph().Apply(instanceNormOp, a, x, gamma, beta, stats)
}

// instanceAttr adds how many invocations share the pixels of four channels.
type instanceAttr struct {
	NormAttr
	lanes int
}

// instanceStatsOp is the mean and biased variance of each image's channels,
// [N,2,C], the channels filled up to a multiple of four.
var instanceStatsOp = &graph.Op{
	Name: "instance_stats",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x := in[0].Shape()
		if len(x) != 4 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
		}
		return graph.Shape{x[0], 2, roundUp(x[3], 4)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerInstance(l, n, "instance_stats", n.In()[0], inputs(l, n))
	},
}

// instanceNormOp takes x, gamma, beta and the statistics of x; its gradient to x
// goes through these too.
var instanceNormOp = &graph.Op{
	Name: "instance_norm",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		for i, what := range []string{"gamma", "beta"} {
			if p, want := in[1+i], (graph.Shape{in[0].Dim(-1)}); !p.Shape().Equal(want) || p.DType() != graph.F32 {
				return nil, 0, fmt.Errorf("%s is %v %v, want f32 %v", what, p.DType(), p.Shape(), want)
			}
		}
		return in[0].Shape(), graph.F32, attr.(instanceAttr).check()
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[1], in[2] = in[1].Whole(), in[2].Whole()
		lowerInstance(l, n, "instance_norm", n, in)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, a, in := n.Graph(), n.Attr().(instanceAttr), n.In()
		x, gamma, beta, stats := in[0], in[1], in[2], in[3]
		source := a.Act.source(x, n, dy)
		sums := g.Apply(instanceNormReduceOp, a, dy, source, x, gamma, beta, stats)
		both := g.Apply(instanceNormGradParametersOp, gamma.Shape(), sums)
		return []*graph.Node{
			g.Apply(instanceNormGradInputOp, a, dy, source, x, gamma, beta, stats, sums),
			slice(both, 0, gamma.Shape()), slice(both, gamma.Size(), gamma.Shape()), nil,
		}
	},
	Halves: graph.Always(graph.Result),
}

// instanceNormReduceOp is, laid out as the statistics, each image's part of
// dgamma and of dbeta from dy, the activation's source, x, gamma, beta and the
// statistics.
var instanceNormReduceOp = &graph.Op{
	Name:  "instance_norm_reduce",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) { return in[5].Shape(), graph.F32, nil },
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[3], in[4] = in[3].Whole(), in[4].Whole()
		lowerInstance(l, n, "instance_norm_reduce", n.In()[2], in)
	},
	Halves: graph.Always(0, 1),
}

// instanceNormGradParametersOp is [dgamma; dbeta], the sum of the images' parts.
var instanceNormGradParametersOp = &graph.Op{
	Name: "instance_norm_grad_parameters",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return append(graph.Shape{2}, attr.(graph.Shape)...), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		r := rowsOf(n)
		finish(l, "columns", l.In(0), 2*r.quads(), graph.Push{"C": r.c, "quads": r.quads(), "planes": 2, "slots": n.In()[0].Dim(0)})
	},
}

// instanceNormGradInputOp is dx from dy, the activation's source, x, gamma, beta,
// the statistics and the images' sums.
var instanceNormGradInputOp = &graph.Op{
	Name:  "instance_norm_grad_input",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := inputs(l, n)
		in[3], in[4] = in[3].Whole(), in[4].Whole()
		lowerInstance(l, n, "instance_norm_grad_input", n, in)
	},
	Halves: graph.Always(0, 1, graph.Result),
}

// lowerInstance dispatches a kernel that includes instance.glsl over images of
// x's shape.
func lowerInstance(l *graph.Lowering, n *graph.Node, shader string, x *graph.Node, in []graph.Tensor) {
	dispatchInstance(l, n.Attr().(instanceAttr), shader, x, in, x.Dim(1)*x.Dim(2), 8, nil)
}

// dispatchInstance is lowerInstance for kernels whose lanes share runs of so
// many pixels, or windows, up to most of which are taken in one turn of a loop.
func dispatchInstance(l *graph.Lowering, a instanceAttr, shader string, x *graph.Node, in []graph.Tensor, run, most int, push graph.Push, spec ...uint32) {
	const width = 8 // quads a workgroup
	r, pixels := rowsOf(x), x.Dim(1)*x.Dim(2)
	blocks, unroll := (r.quads()+width-1)/width, 1
	for unroll < most && run%(2*unroll*a.lanes) == 0 {
		unroll *= 2
	}
	for images, t := range l.Parts(x.Dim(0), 1, append(in, l.Out())) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   append([]uint32{r.whole(), width, uint32(a.lanes), uint32(a.Act), uint32(unroll)}, spec...),
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push:   merge(graph.Push{"images": images, "pixels": pixels, "C": r.c, "quads": r.quads(), "eps": a.Eps}, push),
			Groups: graph.Grid(images*blocks, 1),
		})
	}
}
