package nn

import (
	"fmt"
	"math"

	"reta/compute/graph"
)

// Attention is multi-head self-attention (Vaswani et al. 2017) on the queries,
// keys and values of B sequences of T tokens, qkv [B, T, 3C]: for each of the
// heads, of d = C/heads channels,
//
//	softmax(q k^T / sqrt(d) + bias + mask) v
//
// side by side, [B, T, C]. qkv holds all heads' queries, then keys, then values,
// as torchvision's and timm's transformers do. bias [T, heads, T'] and mask [M,
// T, T'], T' the next multiple of four from T on, are optional; what lies past T
// is not used. Sequence b has the mask b mod M, of which B is a multiple. It is
// differentiable in qkv and bias. d must be a multiple of four.
func Attention(qkv, bias, mask *graph.Node, heads int) *graph.Node {
	i := qkv.Graph().Info()
	return attention(qkv, bias, mask, attentionAttr{heads: heads, fragments: fragmentsFor(i), lanes: lanesFor(i)})
}

// attentionAttr says beside the heads how kernels share their work, and which
// optional inputs there are.
type attentionAttr struct {
	heads      int
	fragments  ConvFragments
	lanes      int
	bias, mask bool
}

func attention(qkv, bias, mask *graph.Node, a attentionAttr) *graph.Node {
	in := []*graph.Node{qkv}
	if a.bias = bias != nil; a.bias {
		in = append(in, bias)
	}
	if a.mask = mask != nil; a.mask {
		in = append(in, mask)
	}
	weights := qkv.Graph().Apply(attentionWeightsOp, a, in...)
	if a.bias {
		return qkv.Graph().Apply(attentionOp, a, qkv, weights, bias)
	}
	return qkv.Graph().Apply(attentionOp, a, qkv, weights)
}

// attentionShape are the sizes of an attention.
type attentionShape struct {
	attentionAttr
	items, tokens, c, masks int
}

func attentionOf(attr any, qkv graph.Shape) attentionShape {
	return attentionShape{attr.(attentionAttr), qkv[0], qkv[1], qkv[2] / 3, 1}
}

func (s attentionShape) check(in []*graph.Node) error {
	if s.heads < 1 || s.c%(4*s.heads) != 0 {
		return fmt.Errorf("%d heads of %d channels: want a multiple of four channels for each", s.heads, s.c)
	}
	width, names, want := roundUp(s.tokens, 4), []string{}, []graph.Shape{}
	if s.bias {
		names, want = append(names, "bias"), append(want, graph.Shape{s.tokens, s.heads, width})
	}
	if s.mask {
		names, want = append(names, "mask"), append(want, graph.Shape{in[len(in)-1].Dim(0), s.tokens, width})
		if m := in[len(in)-1].Dim(0); s.items%m != 0 {
			return fmt.Errorf("%d masks for %d sequences: want a number that divides them", m, s.items)
		}
	}
	for i, name := range names {
		if x := in[1+i]; !x.Shape().Equal(want[i]) || x.DType() != graph.F32 {
			return fmt.Errorf("%s is %v %v, want f32 %v", name, x.DType(), x.Shape(), want[i])
		}
	}
	return nil
}

func (s attentionShape) scores(items int) scores {
	return scores{items, s.tokens, s.heads, roundUp(s.tokens, 4), s.lanes}
}

// third is where the queries (0), keys (1) or values (2) lie in qkv.
func (s attentionShape) third(i int) matrices {
	return matrices{s.tokens, 3 * s.c, i * s.c, s.c / s.heads}
}

// joined is where the heads' results lie, weights where the scores and weights.
func (s attentionShape) joined() matrices { return matrices{s.tokens, s.c, 0, s.c / s.heads} }
func (s attentionShape) weights() matrices {
	w := roundUp(s.tokens, 4)
	return matrices{s.tokens, s.heads * w, 0, w}
}

// outer is the product of two [T,d] matrices, a b^T: [T,T].
func (s attentionShape) outer(items int, a, b matrices, scale float64) matProduct {
	return matProduct{items: items, heads: s.heads, m: s.tokens, n: s.tokens, k: s.c / s.heads, a: a, b: b, y: s.weights(), transposeB: true, scale: scale}
}

// apply is the product of weights, or with transposed their transpose, with a
// [T,d] matrix.
func (s attentionShape) apply(items int, transposed bool, b, y matrices, scale float64) matProduct {
	return matProduct{items: items, heads: s.heads, m: s.tokens, n: s.c / s.heads, k: s.tokens, a: s.weights(), b: b, y: y, transposeA: transposed, scale: scale}
}

func (s attentionShape) scale() float64 { return 1 / math.Sqrt(float64(s.c/s.heads)) }

// attentionWeightsOp is the softmax of qkv, bias and mask, [B, T, heads*T']. It
// has no gradient: attentionOp's goes through it.
var attentionWeightsOp = &graph.Op{
	Name: "attention_weights",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		qkv := in[0].Shape()
		if len(qkv) != 3 || qkv[2]%3 != 0 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("queries, keys and values are %v %v, want f32 [B,T,3C]", in[0].DType(), qkv)
		}
		s := attentionOf(attr, qkv)
		return graph.Shape{s.items, s.tokens, s.heads * roundUp(s.tokens, 4)}, graph.F32, s.check(in)
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := attentionOf(n.Attr(), n.In()[0].Shape())
		var bias, mask *graph.Tensor
		if s.bias {
			t := l.In(1)
			bias = &t
		}
		if last := len(n.In()) - 1; s.mask {
			t := l.In(last)
			mask, s.masks = &t, n.In()[last].Dim(0)
		}
		for items, t := range l.Parts(s.items, s.masks, []graph.Tensor{l.In(0), l.Scratch(n.Size()), l.Out()}) {
			s.outer(items, s.third(0), s.third(1), s.scale()).dispatch(l, s.fragments, t[0], t[0], t[1])
			s.scores(items).softmax(l, t[1], bias, mask, s.masks, t[2])
		}
	},
}

// attentionOp takes qkv, the weights and, where there is one, the bias for its
// gradient.
var attentionOp = &graph.Op{
	Name: "attention",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		qkv := in[0].Shape()
		return graph.Shape{qkv[0], qkv[1], qkv[2] / 3}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := attentionOf(n.Attr(), n.In()[0].Shape())
		for items, t := range l.Parts(s.items, 1, []graph.Tensor{l.In(0), l.In(1), l.Out()}) {
			s.apply(items, false, s.third(2), s.joined(), 1).dispatch(l, s.fragments, t[1], t[0], t[2])
		}
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, qkv, weights := n.Graph(), n.In()[0], n.In()[1]
		dScores := g.Apply(attentionGradScoresOp, n.Attr(), qkv, weights, dy)
		grads := []*graph.Node{g.Apply(attentionGradOp, n.Attr(), qkv, weights, dScores, dy), nil}
		if len(n.In()) > 2 {
			bias := n.In()[2].Shape()
			sum := g.Apply(biasGradOp, nil, graph.Reshape(dScores, dScores.Dim(0), bias.Size()))
			grads = append(grads, graph.Reshape(sum, bias...))
		}
		return grads
	},
}

// attentionGradScoresOp is the gradient to the scores from qkv, the weights and
// dy.
var attentionGradScoresOp = &graph.Op{
	Name: "attention_grad_scores",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return in[1].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := attentionOf(n.Attr(), n.In()[0].Shape())
		for items, t := range l.Parts(s.items, 1, append(inputs(l, n), l.Scratch(n.Size()), l.Out())) {
			s.outer(items, s.joined(), s.third(2), 1).dispatch(l, s.fragments, t[2], t[0], t[3])
			s.scores(items).softmaxGrad(l, t[1], t[3], t[4])
		}
	},
}

// attentionGradOp is the gradient to qkv from qkv, the weights, the gradient to
// the scores and dy.
var attentionGradOp = &graph.Op{
	Name:  "attention_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := attentionOf(n.Attr(), n.In()[0].Shape())
		for items, t := range l.Parts(s.items, 1, append(inputs(l, n), l.Out())) {
			qkv, weights, dScores, dy, out := t[0], t[1], t[2], t[3], t[4]
			s.apply(items, false, s.third(1), s.third(0), s.scale()).dispatch(l, s.fragments, dScores, qkv, out)
			s.apply(items, true, s.third(0), s.third(1), s.scale()).dispatch(l, s.fragments, dScores, qkv, out)
			s.apply(items, true, s.joined(), s.third(2), 1).dispatch(l, s.fragments, weights, dy, out)
		}
	},
}
