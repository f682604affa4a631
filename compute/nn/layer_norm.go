package nn

import (
	"fmt"

	"reta/compute/graph"
)

// LayerNorm is gamma (x - mean)/sqrt(var + eps) + beta for x [..., C], gamma and
// beta [C], with mean and biased variance of each row of C: torch's LayerNorm
// over the last dimension (Ba et al. 2016).
func LayerNorm(x, gamma, beta *graph.Node, eps float64) *graph.Node {
	return layerNorm(x, gamma, beta, layerNormAttr{eps, lanesFor(x.Graph().Info())})
}

func layerNorm(x, gamma, beta *graph.Node, a layerNormAttr) *graph.Node {
	stats := x.Graph().Apply(layerNormStatsOp, a, x)
	return x.Graph().Apply(layerNormOp, a, x, gamma, beta, stats)
}

// layerNormAttr adds how many invocations share a row.
type layerNormAttr struct {
	eps   float64
	lanes int
}

// layerNormStatsOp is, for each row, its mean and 1/sqrt(var + eps): [rows, 2].
var layerNormStatsOp = &graph.Op{
	Name: "layer_norm_stats",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if eps := attr.(layerNormAttr).eps; !(eps > 0) {
			return nil, 0, fmt.Errorf("eps is %g, want a positive number such as 1e-5", eps)
		}
		if in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("x is %v, want f32", in[0].DType())
		}
		return graph.Shape{rowsOf(in[0]).n, 2}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, r := n.Attr().(layerNormAttr), rowsOf(n.In()[0])
		r.byLanes(l, a.lanes, "layer_norm_stats", inputs(l, n), l.Out(), nil, graph.Push{"C": r.c, "eps": a.eps})
	},
}

// layerNormOp takes x, gamma, beta and the statistics of x; its gradient to x
// goes through these too.
var layerNormOp = &graph.Op{
	Name: "layer_norm",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		for i, what := range []string{"gamma", "beta"} {
			if p, want := in[1+i], (graph.Shape{in[0].Dim(-1)}); !p.Shape().Equal(want) || p.DType() != graph.F32 {
				return nil, 0, fmt.Errorf("%s is %v %v, want f32 %v", what, p.DType(), p.Shape(), want)
			}
		}
		return in[0].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in := []graph.Tensor{l.In(0), l.In(1).Whole(), l.In(2).Whole(), l.In(3)}
		rowsOf(n).elementwise(l, "layer_norm", in, nil, nil)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, in := n.Graph(), n.In()
		x, gamma, stats := in[0], in[1], in[3]
		sums := g.Apply(layerNormReduceOp, nil, dy, x, stats)
		return []*graph.Node{
			g.Apply(layerNormGradInputOp, n.Attr(), dy, x, gamma, stats),
			slice(sums, 0, gamma.Shape()), slice(sums, gamma.Size(), gamma.Shape()), nil,
		}
	},
}

// layerNormReduceOp is [dgamma; dbeta] from dy, x and the statistics.
var layerNormReduceOp = &graph.Op{
	Name: "layer_norm_reduce",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{2, in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		sumRows(l, rowsOf(n.In()[0]), "layer_norm_reduce", 2, inputs(l, n), nil, nil)
	},
}

// layerNormGradInputOp is dx from dy, x, gamma and the statistics, added to a
// fifth input where there is one.
var layerNormGradInputOp = &graph.Op{
	Name:  "layer_norm_grad_input",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		in, shader := inputs(l, n), "layer_norm_grad_input"
		in[2] = in[2].Whole()
		if len(in) > 4 {
			shader = "layer_norm_grad_input_sum"
		}
		r := rowsOf(n)
		r.byLanes(l, n.Attr().(layerNormAttr).lanes, shader, in, l.Out(), nil, graph.Push{"C": r.c})
	},
}

func init() { // apart, for Accumulate applies the operation itself
	layerNormGradInputOp.Accumulate = func(n, base *graph.Node) *graph.Node {
		if len(n.In()) > 4 {
			return graph.Add(n, base)
		}
		return n.Graph().Apply(n.Op(), n.Attr(), append(append([]*graph.Node(nil), n.In()...), base)...)
	}
}
