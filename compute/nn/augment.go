package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Box is what Augment does to one image: crop, resize, flip, roll. Units are
// pixels; Height and Width are at least 1 and the box lies inside the image.
type Box struct {
	Top, Left, Height, Width float64
	Flip                     bool // left to right, after the resize
	RollY, RollX             int  // wrap-around shift down and right, after the flip
}

// BoxWords is the length of a Box on the device.
const BoxWords = 8

// Append adds the box as Augment reads it: top, left, height, width, flip,
// rollY, rollX, 0.
func (b Box) Append(to []float32) []float32 {
	return append(to, float32(b.Top), float32(b.Left), float32(b.Height), float32(b.Width),
		float32(flag(b.Flip)), float32(b.RollY), float32(b.RollX), 0)
}

// Augment crops the box boxes[n] ([N,8], see Box.Append) out of image n of x
// [N,H,W,C], resizes it to [h,w] bilinearly (half-pixel centres, edges clamped
// inside the box, no antialiasing: torchvision's resized_crop), flips and
// rolls. The gradient to x is the exact adjoint.
func Augment(x, boxes *graph.Node, h, w int) *graph.Node {
	return x.Graph().Apply(augmentOp, augmentAttr{h, w}, x, boxes)
}

// Resize is x [N,H,W,C] at [h,w], bilinear with half-pixel centres and without
// antialiasing: torch's interpolate with align_corners=False.
func Resize(x *graph.Node, h, w int) *graph.Node {
	if len(x.Shape()) != 4 {
		return x.Graph().Poison("resize", fmt.Errorf("want [N,H,W,C], got %v", x.Shape()))
	}
	boxes := x.Graph().Const("resize", WholeBoxes(x.Dim(0), x.Dim(1), x.Dim(2)), x.Dim(0), BoxWords)
	return Augment(x, boxes, h, w)
}

type augmentAttr struct{ h, w int } // of the side the op makes

var augmentOp = &graph.Op{
	Name:  "augment",
	Infer: augmentInfer,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerAugment(l, n, "augment", n.In()[0], n) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		x := n.In()[0]
		return []*graph.Node{n.Graph().Apply(augmentGradOp, augmentAttr{x.Dim(1), x.Dim(2)}, dy, n.In()[1]), nil}
	},
}

// augmentGradOp is dx from dy and the boxes.
var augmentGradOp = &graph.Op{
	Name:  "augment_grad",
	Infer: augmentInfer,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerAugment(l, n, "augment_grad", n, n.In()[0]) },
}

// augmentInfer serves both directions: the attribute is the size to make.
func augmentInfer(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
	a, x := attr.(augmentAttr), in[0].Shape()
	if len(x) != 4 || in[0].DType() != graph.F32 {
		return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
	}
	return graph.Shape{x[0], a.h, a.w, x[3]}, graph.F32, checkBoxes(in[1], x[0])
}

// checkBoxes refuses what is not one Box for each of n images.
func checkBoxes(boxes *graph.Node, n int) error {
	if !boxes.Shape().Equal(graph.Shape{n, BoxWords}) || boxes.DType() != graph.F32 {
		return fmt.Errorf("boxes are %v %v, want f32 [%d,%d]", boxes.DType(), boxes.Shape(), n, BoxWords)
	}
	return nil
}

// lowerAugment dispatches either direction between image side x and augmented
// side y; one invocation a pixel and four channels of the node's own side.
func lowerAugment(l *graph.Lowering, n *graph.Node, shader string, x, y *graph.Node) {
	r := rowsOf(n)
	for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.In(1), l.Out()}) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			In:     t[:2],
			Out:    t[2:],
			Push: graph.Push{"N": images, "H": x.Dim(1), "W": x.Dim(2), "C": x.Dim(3), "outH": y.Dim(1), "outW": y.Dim(2),
				"quads": r.quads()},
			Groups: graph.Grid(r.n/n.Dim(0)*images*r.quads(), 64),
		})
	}
}
