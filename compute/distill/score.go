package distill

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Score is J of Eqn 4 for every candidate of every image, (1-lambda) fit +
// lambda c with both on the same scale, and beside it J before the scale clips:
// [C,I,L,2]. lambda [1] may change from run to run. fit [C,I,L] and segments [C,2] are those of
// SegmentDistances; complexity [M,2] is c on that scale (see
// retrieval.ScaleComplexity), clipped and before. What lies past a segment's
// end is +Inf. It has no gradient.
func Score(fit, complexity, segments, lambda *graph.Node, scale recipe.Scale) *graph.Node {
	return fit.Graph().Apply(scoreOp, scale, fit, complexity, segments, lambda)
}

// scales are in the order of the constants in retrieval_score.comp.
var scales = []recipe.Scale{recipe.Percentile, recipe.Raw, recipe.ZScore, recipe.Rank}

// Mesa's CPU driver leaves every loop, in silence, once an invocation has made
// 65535 turns of all its loops: cpuTurns a kernel may take, and cpuCandidates of
// a class take retrieval_score fewer than that many.
const cpuTurns, cpuCandidates = 60_000, 40_000

var scoreOp = &graph.Op{
	Name: "retrieval_score",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		f, c, s := in[0].Shape(), in[1].Shape(), in[2].Shape()
		if len(f) != 3 || len(c) != 2 || c[1] != 2 || !s.Equal(graph.Shape{f[0], 2}) {
			return nil, 0, fmt.Errorf("fit %v, complexity %v, segments %v: want [C,I,L], [M,2], [C,2]", f, c, s)
		}
		if !in[3].Shape().Equal(graph.Shape{1}) || in[3].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("lambda %v of %v: want [1] of f32", in[3].Shape(), in[3].DType())
		}
		if scale := attr.(recipe.Scale); !slices.Contains(scales, scale) {
			return nil, 0, fmt.Errorf("scale %q: want one of %q", scale, scales)
		}
		if f[2] > cpuCandidates && in[0].Graph().Info().Kind == vk.CPU {
			return nil, 0, fmt.Errorf("%d candidates of a class: the CPU driver takes %d; limit them with --per-class", f[2], cpuCandidates)
		}
		return graph.Shape{f[0], f[1], f[2], 2}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		scale, queries, longest := n.Attr().(recipe.Scale), n.Dim(0)*n.Dim(1), n.Dim(2)
		take := longest // candidates an invocation scores
		if scale == recipe.Rank {
			take = 16
		}
		l.Dispatch(graph.Kernel{
			Shader: "retrieval_score",
			Spec:   []uint32{uint32(slices.Index(scales, scale))},
			In:     []graph.Tensor{l.In(0), l.In(1), l.In(2), l.In(3)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"queries": queries, "images": n.Dim(1), "longest": longest, "take": take},
			Groups: graph.Grid(queries*((longest+take-1)/take), 8),
		})
	},
}

// Best is what the device reads out of a score: for every image its anchor,
// then its m best candidates, best first, each as (candidate, fit, J, J before
// clipping): [C,I,1+m,4]. Equal J are ordered by J before clipping, then by
// the lower candidate. An anchor is never candidate own[c,i] (U32 [C,I];
// noPatch: any). Candidate -1 stands where there is none. It has no gradient.
func Best(score, fit, segments, own *graph.Node, m int) *graph.Node {
	return score.Graph().Apply(bestOp, m, score, fit, segments, own)
}

// noPatch is no candidate's index.
const noPatch = ^uint32(0)

var bestOp = &graph.Op{
	Name: "retrieval_best",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		s, f, g, o := in[0].Shape(), in[1].Shape(), in[2].Shape(), in[3].Shape()
		if len(s) != 4 || s[3] != 2 || !f.Equal(s[:3]) || !g.Equal(graph.Shape{s[0], 2}) || !o.Equal(s[:2]) || in[3].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("score %v, fit %v, segments %v, own %v of %v: want [C,I,L,2], [C,I,L], [C,2], [C,I] of u32",
				s, f, g, o, in[3].DType())
		}
		return graph.Shape{s[0], s[1], 1 + attr.(int), 4}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		queries, longest, m := n.Dim(0)*n.Dim(1), n.In()[1].Dim(2), n.Attr().(int)
		rounds := max(m, 2) // the anchor may be the second
		each := rounds
		if l.Info().Kind == vk.CPU {
			each = max(1, cpuTurns/(longest/16+2))
		}
		for from := 0; from < rounds; from += each {
			l.Dispatch(graph.Kernel{
				Shader: "retrieval_best",
				In:     []graph.Tensor{l.In(0), l.In(1), l.In(2), l.In(3)},
				Out:    []graph.Tensor{l.Out()},
				Push: graph.Push{
					"queries": queries, "images": n.Dim(1), "longest": longest, "m": m, "from": from, "until": min(from+each, rounds),
				},
				Groups: graph.Grid(queries, 8),
			})
		}
	},
}
