package nn

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// winogradApplies says whether F(4x4, 3x3) can compute the convolution and its
// data gradient.
func (s convShape) winogradApplies() bool {
	return s.R == 3 && s.S == 3 && s.Stride == 1 && s.Padding <= 2 && s.Groups == 1
}

// winogradPays says whether it is faster than the direct product for p x q
// output pixels an image: it multiplies up to four times less, but moves 2.25
// times the data four times over, so channels must be many.
func (s convShape) winogradPays(p, q int, info vk.Info) bool {
	return info.Kind == vk.CPU && min(s.C, s.K) >= 32 && s.tiles(p, q)*16 <= 2*p*q
}

// tiles counts the 4x4 output tiles of one image.
func (s convShape) tiles(p, q int) int { return (p + 3) / 4 * ((q + 3) / 4) }

// winogradBytes bounds each of the two scratch tensors: a batch is done in
// parts that fit.
const winogradBytes = 32 << 20

// winograd computes the convolution, or its data gradient, as 36 products of
// transformed tiles: a quarter of the multiplications of direct. The result
// differs from direct's by rounding, about ten times its.
func winograd(l *graph.Lowering, s convShape, x, pack, y graph.Tensor, transposed bool) {
	h, w, c, p, q, k, pad := s.H, s.W, s.C, s.P, s.Q, s.K, s.Padding
	if transposed {
		h, w, c, p, q, k, pad = s.P, s.Q, s.K, s.H, s.W, s.C, 2-s.Padding
	}
	x = padChannels(l, x, s.N*h*w, c)
	out := y
	if k%4 != 0 {
		out = l.Scratch(s.N * p * q * roundUp(k, 4))
	}
	ty, tx := (p+3)/4, (q+3)/4
	wide := roundUp(max(c, k), 4)
	part := min(s.N, max(1, winogradBytes/(4*winogradTaps*ty*tx*wide)))
	v := l.Scratch(winogradTaps * part * ty * tx * roundUp(c, 4))
	m := l.Scratch(winogradTaps * part * ty * tx * roundUp(k, 4))
	for image := 0; image < s.N; image += part {
		images := min(part, s.N-image)
		tiles := images * ty * tx
		l.Dispatch(graph.Kernel{
			Shader: "conv2d_winograd_input",
			In:     []graph.Tensor{x},
			Out:    []graph.Tensor{v},
			Push:   words(images, h, w, (c+3)/4, ty, tx, pad, image),
			Groups: graph.Grid(tiles*((c+3)/4), 64),
		})
		product{N: tiles, H: 1, W: 1, C: c, P: 1, Q: 1, K: k, R: 1, S: 1, stride: 1, batch: winogradTaps}.
			dispatch(l, s.Fragments, v, pack, m)
		l.Dispatch(graph.Kernel{
			Shader: "conv2d_winograd_output",
			In:     []graph.Tensor{m},
			Out:    []graph.Tensor{out},
			Push:   words(images, p, q, (k+3)/4, ty, tx, image),
			Groups: graph.Grid(tiles*((k+3)/4), 64),
		})
	}
	if k%4 != 0 {
		resizeChannels(l, out, y, s.N*p*q, roundUp(k, 4), k)
	}
}
