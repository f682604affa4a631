package nn

import (
	"fmt"
	"math"

	"reta/compute/graph"
)

// Siamese is what DSA does to one image, in the order of the fields. Colours are
// those of normalised images; as they are at Saturation 1 and Contrast 1, as is
// the place at Scale 1 and 1.
type Siamese struct {
	Brightness  float64    // added
	Saturation  float64    // factor of a colour's distance from the mean of its pixel's three
	Contrast    float64    // then factor of its distance from the image's mean
	Down, Right int        // row i, column j shows row i+Down, column j+Right, zero outside
	Cutout      Cut        // zeros
	Flip        bool       // left to right
	Scale       [2]float64 // width and height of what is seen, in those of the image; zero outside
	Rotate      float64    // radians, anticlockwise; zero outside
}

// SiameseWords is the length of a Siamese on the device.
const SiameseWords = 16

// Append adds the numbers as DSA reads them: brightness, saturation, contrast,
// flip; down, right, 0, 0; the cutout as Cut.Append has it; and the matrix
// [[a, b], [c, d]] that takes x, y of the result, from -1 to 1, to those of the
// image.
func (s Siamese) Append(to []float32) []float32 {
	to = append(to, float32(s.Brightness), float32(s.Saturation), float32(s.Contrast), float32(flag(s.Flip)), float32(s.Down), float32(s.Right), 0, 0)
	to = s.Cutout.Append(to)
	sin, cos := math.Sincos(s.Rotate)
	return append(to, float32(s.Scale[0]*cos), float32(-s.Scale[0]*sin), float32(s.Scale[1]*sin), float32(s.Scale[1]*cos))
}

// DrawDSA is the numbers [n,SiameseWords] of a batch of h x w pixels as the
// published code draws them (Zhao and Bilen 2021): one of colour, crop, cutout,
// flip, scale and rotation for the whole batch, then its numbers image by image,
// in the order of Siamese's fields.
func DrawDSA(d *Draws, n, h, w int) []float32 {
	var numbers []float32
	kind := d.IntN(6)
	for range n {
		s := Siamese{Saturation: 1, Contrast: 1, Scale: [2]float64{1, 1}}
		switch kind {
		case 0:
			s.Brightness, s.Saturation, s.Contrast = d.Uniform(-0.5, 0.5), d.Uniform(0, 2), d.Uniform(0.5, 1.5)
		case 1:
			shift := func(extent int) int { most := int(0.125*float64(extent) + 0.5); return d.IntN(2*most+1) - most }
			s.Down, s.Right = shift(h), shift(w)
		case 2:
			s.Cutout = DrawCutout(d, h, w)
		case 3:
			s.Flip = d.Uniform(0, 1) < 0.5
		case 4:
			s.Scale = [2]float64{d.Uniform(1/1.2, 1.2), d.Uniform(1/1.2, 1.2)}
		case 5:
			s.Rotate = d.Uniform(-15, 15) * math.Pi / 180
		}
		numbers = s.Append(numbers)
	}
	return numbers
}

// DrawCutout is DSA's cutout of images of h x w pixels.
func DrawCutout(d *Draws, h, w int) (c Cut) {
	c.Top, c.Height = drawCutout(d, h)
	c.Left, c.Width = drawCutout(d, w)
	return c
}

// drawCutout is where a cutout of half an axis begins and how far it goes: its
// centre lies anywhere, what is outside is left out.
func drawCutout(d *Draws, extent int) (start, size int) {
	size = int(0.5*float64(extent) + 0.5)
	start = d.IntN(extent+1-size%2) - size/2
	end := min(start+size, extent)
	start = max(start, 0)
	return start, end - start
}

// DSA is the differentiable Siamese augmentation of images x [N,H,W,3] by
// numbers [N,16] (see Siamese.Append). Scale and rotation are one bilinear
// sampling as torch's grid_sample does it, half-pixel centres and zeros outside.
func DSA(x, numbers *graph.Node) *graph.Node {
	return x.Graph().Apply(dsaOp, nil, x, GlobalAvgPool(x), numbers)
}

var dsaOp = &graph.Op{
	Name: "dsa",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, numbers := in[0].Shape(), in[2]
		if len(x) != 4 || x[3] != 3 {
			return nil, 0, fmt.Errorf("got %v, want images [N,H,W,3]", x)
		}
		if want := (graph.Shape{x[0], SiameseWords}); !numbers.Shape().Equal(want) || numbers.DType() != graph.F32 {
			return nil, 0, fmt.Errorf("numbers are %v %v, want f32 %v", numbers.DType(), numbers.Shape(), want)
		}
		return x, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerDSA(l, n, "dsa") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, numbers := n.Graph(), n.In()[2]
		coloured := g.Apply(dsaGradOp, nil, dy, numbers)
		// What the image's mean passes on is part of the second pass, so the input of means gets nothing.
		return []*graph.Node{g.Apply(dsaGradColourOp, nil, coloured, GlobalAvgPool(coloured), numbers), nil, nil}
	},
}

// dsaGradOp is the gradient of the images after DSA's colours.
var dsaGradOp = &graph.Op{
	Name:  "dsa_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerDSA(l, n, "dsa_grad") },
}

// dsaGradColourOp is that of the images before them.
var dsaGradColourOp = &graph.Op{
	Name:  "dsa_grad_colour",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerDSA(l, n, "dsa_grad_colour") },
}

func lowerDSA(l *graph.Lowering, n *graph.Node, shader string) {
	h, w := n.Dim(1), n.Dim(2)
	in := inputs(l, n)
	for images, t := range l.Parts(n.Dim(0), 1, append(in, l.Out())) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push:   graph.Push{"N": images, "H": h, "W": w},
			Groups: graph.Grid(images*h*w, 64),
		})
	}
}
