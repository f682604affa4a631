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

// winogradPays says whether it is faster than the direct product. Per tile of
// 16 outputs it multiplies 36 times instead of 144 but moves 2.25 times the data
// four times over, so channels must be many and workgroups well filled. On GPUs
// it is not measured.
func (s convShape) winogradPays(info vk.Info) bool {
	_, m, _ := tileFor(s.Fragments, s.N*s.tiles(), s.K/4*winogradTaps)
	_, d, _ := tileFor(s.Fragments, s.N*s.P*s.Q, s.K/4)
	if s.Fragments == FragmentsVector { // a workgroup leaves out what of its tile does not exist
		m, d = vectorPixels, vectorPixels
	}
	work, direct := winogradTaps*roundUp(s.N*s.tiles(), m), s.R*s.S*roundUp(s.N*s.P*s.Q, d)
	return info.Kind == vk.CPU && info.Features.Int64 && min(s.C, s.K) >= 32 && 4*work <= 3*direct
}

// inGroups says whether the transforms take so many channels 32 at a time, and in an order of their own (see vector.glsl).
func (s convShape) inGroups(channels int) bool {
	return s.Fragments == FragmentsVector && channels%32 == 0
}

// tiles counts the 4x4 output tiles of one image.
func (s convShape) tiles() int { return (s.P + 3) / 4 * ((s.Q + 3) / 4) }

// winogradBytes bounds each scratch tensor of transformed tiles: a batch is
// done in parts that fit.
const winogradBytes = 32 << 20

// winogradFits reports whether the device binds the packed weights, four times as many as the weights, forth and back.
func (s convShape) winogradFits(i vk.Info) bool {
	pack := max(packAttr{s, false}.groups(), packAttr{s, true}.groups()) * packBlock * winogradTaps
	return i.Limits.StorageRange == 0 || 4*int64(pack) <= int64(i.Limits.StorageRange)
}

// winogradParts calls f for each part of the batch, given an image's tiles.
func (s convShape) winogradParts(l *graph.Lowering, tiles int, f func(image, images int)) {
	part := s.winogradPart(l.Info(), tiles)
	for image := 0; image < s.N; image += part {
		f(image, min(part, s.N-image))
	}
}

// winogradPart is how many images, of so many tiles each, make a part.
func (s convShape) winogradPart(i vk.Info, tiles int) int {
	bytes := min(winogradBytes, int(i.Limits.StorageRange))
	return min(s.N, max(1, bytes/(4*winogradTaps*tiles*roundUp(max(s.C, s.K), 4))))
}

// winograd computes the convolution, or its data gradient, as 36 products of
// transformed tiles: a quarter of the multiplications of direct. The result
// differs from direct's by rounding, about ten times its.
func winograd(l *graph.Lowering, s convShape, x, pack, y graph.Tensor, transposed bool, f fused) {
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
	most := winogradTaps * s.winogradPart(l.Info(), ty*tx) * ty * tx
	v, m := l.Scratch(most*roundUp(c, 4)), l.Scratch(most*roundUp(k, 4))
	load, store := f, f
	if transposed {
		load = fused{}
	} else {
		store = fused{moments: f.moments}
	}
	input, output := "conv2d_winograd_input", "conv2d_winograd_output"
	if s.inGroups(c) {
		input += "_vec"
	}
	if s.inGroups(k) {
		output += "_vec"
	}
	if p%4 > 0 || q%4 > 0 || s.inGroups(k) { // tiles are not of equal size, or their kernel leaves none
		store = store.withoutMoments()
	}
	slots := store.slots(l, 16, s.N*ty*tx, (k+3)/4)
	s.winogradParts(l, ty*tx, func(image, images int) {
		tiles := images * ty * tx
		tileTransform(l, input, x, v, image, images, h, w, c, ty, tx, pad, load)
		product{N: tiles, H: 1, W: 1, C: c, P: 1, Q: 1, K: k, R: 1, S: 1, stride: 1, batch: winogradTaps}.
			dispatch(l, s.Fragments, v, pack, m, fused{})
		l.Dispatch(store.leaving(store.on(graph.Kernel{
			Shader: output,
			In:     []graph.Tensor{m},
			Out:    []graph.Tensor{out},
			Push:   graph.Push{"images": images, "P": p, "Q": q, "K4": (k + 3) / 4, "TY": ty, "TX": tx, "image": image},
			Groups: graph.Grid(tiles*((k+3)/4), 64),
		}), slots))
	})
	if k%4 != 0 {
		resizeChannels(l, out, y, s.N*p*q, roundUp(k, 4), k)
	}
}

// tileTransform writes the transformed tiles of images of x [.,h,w,c] to v.
func tileTransform(l *graph.Lowering, shader string, x, v graph.Tensor, image, images, h, w, c, ty, tx, pad int, f fused) {
	c4 := (c + 3) / 4
	l.Dispatch(f.on(graph.Kernel{
		Shader: shader,
		In:     []graph.Tensor{x},
		Out:    []graph.Tensor{v},
		Push:   graph.Push{"images": images, "H": h, "W": w, "C4": c4, "TY": ty, "TX": tx, "pad": pad, "image": image},
		Groups: graph.Grid(images*ty*tx*c4, 64),
	}))
}

// winogradGradWeight computes the weight gradient as 36 products, over tiles,
// of transformed x and dy, transformed back to the nine taps.
func winogradGradWeight(l *graph.Lowering, s convShape, x, dy, dw graph.Tensor, f fused) {
	ty, tx := (s.P+3)/4, (s.Q+3)/4
	c, k := roundUp(s.C, 4), roundUp(s.K, 4)
	products := func(images int) outerProducts {
		return outerProducts{N: images * ty * tx, H: 1, W: 1, C: c, P: 1, Q: 1, K: k, R: 6, S: 6, stride: 1, batched: true}
	}
	suffix := ""
	if s.inGroups(s.C) && s.inGroups(s.K) {
		suffix = "_vec"
	}
	most := winogradTaps * s.winogradPart(l.Info(), ty*tx) * ty * tx
	v, u, words := l.Scratch(most*c), l.Scratch(most*k), winogradTaps*k*c
	slots := func(n int) (sum int) {
		s := s
		s.N = n
		s.winogradParts(l, ty*tx, func(_, images int) { sum += products(images).chunks() })
		return sum
	}
	part, chunks := partials(l, s.N, 1, append([]graph.Tensor{x, dy}, s.padded(l, x, dy)...), words, slots, func(n int, in []graph.Tensor, out graph.Tensor, _ int) {
		s, at := s, 0
		s.N = n
		x, dy := padChannels(l, in[0], n*s.H*s.W, s.C), padChannels(l, in[1], n*s.P*s.Q, s.K)
		s.winogradParts(l, ty*tx, func(image, images int) {
			tileTransform(l, "conv2d_winograd_input"+suffix, x, v, image, images, s.H, s.W, c, ty, tx, s.Padding, f)
			tileTransform(l, "conv2d_winograd_grad_output"+suffix, dy, u, image, images, s.P, s.Q, k, ty, tx, 0, fused{})
			o := products(images)
			o.dispatch(l, s.Fragments, v, u, out.Slice(at*words, o.chunks()*words), o.chunks(), fused{})
			at += o.chunks()
		})
	})
	l.Dispatch(graph.Kernel{
		Shader: "conv2d_winograd_grad_weight" + suffix,
		In:     []graph.Tensor{part},
		Out:    []graph.Tensor{dw},
		Push:   graph.Push{"K": s.K, "C": s.C, "K4": k / 4, "C4": c / 4, "chunks": chunks},
		Groups: graph.Grid(s.K*c/4, 64),
	})
}
