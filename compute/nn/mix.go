package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Cut is the box that a CutMix fills, in whole pixels; it may be empty.
type Cut struct{ Top, Left, Height, Width int }

// CutWords is the length of a Cut on the device.
const CutWords = 4

// Append adds the cut as CutMix reads it: top, left, height, width.
func (c Cut) Append(to []float32) []float32 {
	return append(to, float32(c.Top), float32(c.Left), float32(c.Height), float32(c.Width))
}

// CutMix fills the box cut ([4], see Cut.Append; one for the whole batch) of
// image n of x [N,H,W,C] with what image partner[n] (U32 [N]) of x has there
// (Yun et al. 2019). Every pixel is one of x, none is mixed twice. There is no
// gradient to x.
func CutMix(x, partner, cut *graph.Node) *graph.Node {
	return x.Graph().Apply(cutMixOp, nil, x, GatherRows(x, partner), cut)
}

// Mixup is share x[n] + (1-share) x[partner[n]] for x [N,...], partner U32 [N]
// and one share [1] of the whole batch (Zhang et al. 2018). There is no gradient
// to x.
func Mixup(x, partner, share *graph.Node) *graph.Node {
	return x.Graph().Apply(mixupOp, nil, x, GatherRows(x, partner), share)
}

var cutMixOp = &graph.Op{
	Name: "cutmix",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if x := in[0].Shape(); len(x) != 4 {
			return nil, 0, fmt.Errorf("got %v, want [N,H,W,C]", x)
		}
		if cut := in[2]; !cut.Shape().Equal(graph.Shape{CutWords}) || cut.DType() != graph.F32 {
			return nil, 0, fmt.Errorf("cut is %v %v, want f32 [%d]", cut.DType(), cut.Shape(), CutWords)
		}
		return graph.SameShape(attr, in[:2])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		h, w, c := n.Dim(1), n.Dim(2), n.Dim(3)
		for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.In(1), l.In(2).Whole(), l.Out()}) {
			l.Dispatch(rows{n: images * h * w, c: c}.kernel("cutmix", rowsPerSlot, t[:3], t[3], nil, graph.Push{"H": h, "W": w}))
		}
	},
}

var mixupOp = &graph.Op{
	Name: "mixup",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if err := checkScalar("share", in[2]); err != nil {
			return nil, 0, err
		}
		return graph.SameShape(attr, in[:2])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { elementwise(l, n, "mixup", nil) },
}

// checkScalar refuses what is not one number.
func checkScalar(what string, x *graph.Node) error {
	if x.Size() != 1 || x.DType() != graph.F32 {
		return fmt.Errorf("%s is %v %v, want f32 [1]", what, x.DType(), x.Shape())
	}
	return nil
}
