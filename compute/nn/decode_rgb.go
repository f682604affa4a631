package nn

import (
	"encoding/binary"
	"fmt"

	"reta/compute/graph"
)

// DecodeRGB turns 8-bit images into normalised activations: [N,H,W,3] with
// (byte/255 - mean[c]) / std[c]. The bytes are U32 [N, RGBWords(h,w)] as
// PackRGB lays them out.
func DecodeRGB(bytes *graph.Node, h, w int, mean, std [3]float64) *graph.Node {
	return bytes.Graph().Apply(decodeRGBOp, rgbAttr{h, w, mean, std}, bytes)
}

type rgbAttr struct {
	h, w      int
	mean, std [3]float64
}

// line is the normalisation as byte*scale[c] + shift[c].
func (a rgbAttr) line() (scale, shift []float64) {
	for c, s := range a.std {
		scale, shift = append(scale, 1/(255*s)), append(shift, -a.mean[c]/s)
	}
	return scale, shift
}

// RGBWords is the number of 32-bit words that hold one h x w image.
func RGBWords(h, w int) int { return (3*h*w + 3) / 4 }

// PackRGB lays out images of h x w RGB bytes (rows of pixels, three bytes a
// pixel, images one after the other) as DecodeRGB reads them: four bytes to a
// word, lowest first, each image starting on a word. A last image that is cut
// short is completed with zeros.
func PackRGB(images []byte, h, w int) []uint32 {
	size, words := 3*h*w, RGBWords(h, w)
	n := (len(images) + size - 1) / size
	out := make([]uint32, n*words)
	if size%4 == 0 && len(images) == n*size {
		for i := range out {
			out[i] = binary.LittleEndian.Uint32(images[4*i:])
		}
		return out
	}
	for i, b := range images {
		r := i % size
		out[i/size*words+r/4] |= uint32(b) << (8 * (r % 4))
	}
	return out
}

var decodeRGBOp = &graph.Op{
	Name: "decode_rgb",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		a, s := attr.(rgbAttr), in[0].Shape()
		if a.h <= 0 || a.w <= 0 || len(s) != 2 || s[1] != RGBWords(a.h, a.w) || in[0].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("got %v %v for images of %d x %d, want u32 [N,%d]", in[0].DType(), s, a.h, a.w, RGBWords(a.h, a.w))
		}
		for _, v := range a.std {
			if !(v > 0) {
				return nil, 0, fmt.Errorf("std %v: want three positive numbers", a.std)
			}
		}
		return graph.Shape{s[0], a.h, a.w, 3}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(rgbAttr)
		image := 3 * a.h * a.w
		scale, shift := a.line()
		for images, t := range l.Parts(n.Dim(0), 1, []graph.Tensor{l.In(0), l.Out()}) {
			l.Dispatch(graph.Kernel{
				Shader: "decode_rgb",
				Spec:   []uint32{flag(image%4 == 0)},
				Push:   graph.Push{"n": images * image, "image": image, "words": RGBWords(a.h, a.w), "scale": scale, "shift": shift},
				In:     t[:1],
				Out:    t[1:],
				Groups: graph.Elementwise(images * image),
			})
		}
	},
}
