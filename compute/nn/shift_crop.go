package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Shift is what ShiftCrop does to one image: row i, column j of the result is
// row i+Down, column j+Right of the input, zero outside; then left and right
// are exchanged. A crop of the original size after padding by p is a shift in
// [-p, p].
type Shift struct {
	Down, Right int
	Flip        bool
}

// ShiftWords is the length of a Shift on the device.
const ShiftWords = 4

// Append adds the shift as ShiftCrop reads it: down, right, flip, 0.
func (s Shift) Append(to []float32) []float32 {
	return append(to, float32(s.Down), float32(s.Right), float32(flag(s.Flip)), 0)
}

// ShiftCrop moves and flips image n of x [N,H,W,C] by shifts[n] ([N,4], see
// Shift.Append): torchvision's RandomCrop with zero padding, then its
// RandomHorizontalFlip.
func ShiftCrop(x, shifts *graph.Node) *graph.Node {
	return x.Graph().Apply(shiftCropOp, nil, x, shifts)
}

// ShiftRGB decodes and normalises packed images as DecodeRGB does and moves them
// by shifts over black: torchvision's RandomCrop of images that are normalised
// after it.
func ShiftRGB(pixels, shifts *graph.Node, h, w int, mean, std [3]float64) *graph.Node {
	x := ShiftCrop(DecodeRGB(pixels, h, w, [3]float64{}, std), shifts) // over 0, which is black still
	var black []float32
	for c := range mean {
		black = append(black, float32(-mean[c]/std[c]))
	}
	return Bias(x, x.Graph().Const("black", black, len(black)), None)
}

var shiftCropOp = &graph.Op{
	Name: "shift_crop",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, s := in[0].Shape(), in[1].Shape()
		if len(x) != 4 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
		}
		if !s.Equal(graph.Shape{x[0], ShiftWords}) || in[1].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("shifts are %v %v, want f32 [%d,%d]", in[1].DType(), s, x[0], ShiftWords)
		}
		return x, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerShiftCrop(l, n, "shift_crop") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(shiftCropGradOp, nil, dy, n.In()[1]), nil}
	},
}

var shiftCropGradOp = &graph.Op{
	Name:  "shift_crop_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerShiftCrop(l, n, "shift_crop_grad") },
}

func lowerShiftCrop(l *graph.Lowering, n *graph.Node, shader string) {
	r := rowsOf(n)
	for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.In(1), l.Out()}) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   []uint32{r.whole()},
			In:     t[:2],
			Out:    t[2:],
			Push:   graph.Push{"N": images, "H": n.Dim(1), "W": n.Dim(2), "C": n.Dim(3), "quads": r.quads()},
			Groups: graph.Grid(r.n/n.Dim(0)*images*r.quads(), 64),
		})
	}
}
