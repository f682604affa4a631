package nn

import (
	"fmt"

	"reta/compute/graph"
)

// SoftmaxCrossEntropy is the mean over the batch of
// -sum_c p_c log softmax(logits)_c, [1], for logits [N,C] and labels U32 [N],
// where p is the label smoothed: 1-smoothing on it plus smoothing/C on every
// class. A label that is no class counts as nothing but the smoothing.
func SoftmaxCrossEntropy(logits, labels *graph.Node, smoothing float64) *graph.Node {
	return Mean(CrossEntropyPerSample(logits, labels, smoothing))
}

// CrossEntropyPerSample is SoftmaxCrossEntropy before the mean: [N].
func CrossEntropyPerSample(logits, labels *graph.Node, smoothing float64) *graph.Node {
	return logits.Graph().Apply(crossEntropyOp, entropyAttr{smoothing, 1}, logits, labels)
}

// SoftCrossEntropy is the cross-entropy of softmax(logits) against
// probabilities, both [N,C], mean over the batch: [1]. The probabilities have
// no gradient.
func SoftCrossEntropy(logits, probs *graph.Node) *graph.Node {
	return Mean(logits.Graph().Apply(softCrossEntropyOp, entropyAttr{0, 1}, logits, probs))
}

// KLDiv is KL(softmax(teacher/T) || softmax(student/T)) of logits [N,C], mean
// over the batch and without the factor T^2: [1]. The teacher has no gradient.
func KLDiv(student, teacher *graph.Node, temperature float64) *graph.Node {
	return Mean(student.Graph().Apply(klDivOp, entropyAttr{0, temperature}, student, teacher))
}

type entropyAttr struct{ smoothing, temperature float64 }

var (
	crossEntropyOp     = entropyOp("cross_entropy", graph.U32)
	softCrossEntropyOp = entropyOp("cross_entropy_soft", graph.F32)
	klDivOp            = entropyOp("kl_div", graph.F32)
)

// entropyOp is the per-row loss of logits against a target: labels [N] where
// target is U32, otherwise a matrix like the logits.
func entropyOp(shader string, target graph.DType) *graph.Op {
	grad := &graph.Op{
		Name:  shader + "_grad",
		Infer: likeFirst,
		Lower: func(l *graph.Lowering, n *graph.Node) { lowerEntropy(l, n, shader+"_grad") },
	}
	return &graph.Op{
		Name: shader,
		Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
			z, a := in[0].Shape(), attr.(entropyAttr)
			if len(z) != 2 || in[0].DType() != graph.F32 {
				return nil, 0, fmt.Errorf("logits are %v %v, want f32 [N,C]", in[0].DType(), z)
			}
			want := z
			if target == graph.U32 {
				want = z[:1]
			}
			if !in[1].Shape().Equal(want) || in[1].DType() != target {
				return nil, 0, fmt.Errorf("targets are %v %v, want %v %v", in[1].DType(), in[1].Shape(), target, want)
			}
			if !(a.smoothing >= 0 && a.smoothing < 1) {
				return nil, 0, fmt.Errorf("label smoothing %g: want at least 0 and below 1", a.smoothing)
			}
			if !(a.temperature > 0) {
				return nil, 0, fmt.Errorf("temperature %g: want a positive number", a.temperature)
			}
			return graph.Shape{z[0]}, graph.F32, nil
		},
		Lower: func(l *graph.Lowering, n *graph.Node) { lowerEntropy(l, n, shader) },
		Grad: func(n, dy *graph.Node) []*graph.Node {
			return []*graph.Node{n.Graph().Apply(grad, n.Attr(), n.In()[0], n.In()[1], dy), nil}
		},
	}
}

func lowerEntropy(l *graph.Lowering, n *graph.Node, shader string) {
	z, a := n.In()[0], n.Attr().(entropyAttr)
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"rows": z.Dim(0), "C": z.Dim(1), "smoothing": a.smoothing, "invT": 1 / a.temperature},
		Groups: graph.Grid(z.Dim(0), 1),
	})
}
