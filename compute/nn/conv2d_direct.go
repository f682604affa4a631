package nn

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// product is one dispatch of conv2d.comp: y [N,P,Q,K] from x [N,H,W,C] and
// packed weights, or, with batch > 0, that many matrix products of equal shape.
type product struct {
	N, H, W, C, P, Q, K, R, S int
	stride, padding           int
	transposed                bool
	batch                     int
}

// direct computes the convolution, or with transposed its data gradient, as one
// implicit matrix product.
func direct(l *graph.Lowering, s convShape, x, pack, y graph.Tensor, transposed bool, f fused) {
	p := s.product(transposed)
	in := padChannels(l, x, p.N*p.H*p.W, p.C)
	out := y
	if s.Fragments == FragmentsVector {
		f = f.withoutMoments()
	}
	if p.K%4 != 0 {
		out = l.ScratchLike(y, p.N*p.P*p.Q*roundUp(p.K, 4))
	}
	p.run(l, s.ConvAttr, in, pack, out, f)
	if p.K%4 != 0 {
		resizeChannels(l, out, y, p.N*p.P*p.Q, roundUp(p.K, 4), p.K)
	}
}

// product is the convolution, or with transposed its data gradient.
func (s convShape) product(transposed bool) product {
	if transposed {
		return product{N: s.N, H: s.P, W: s.Q, C: s.K, P: s.H, Q: s.W, K: s.C, R: s.R, S: s.S, stride: s.Stride, padding: s.Padding, transposed: true}
	}
	return product{N: s.N, H: s.H, W: s.W, C: s.C, P: s.P, Q: s.Q, K: s.K, R: s.R, S: s.S, stride: s.Stride, padding: s.Padding}
}

// run is dispatch, or byMatrices where a asks for these.
func (p product) run(l *graph.Lowering, a ConvAttr, x, pack, y graph.Tensor, f fused) {
	if a.Fragments == FragmentsMatrix {
		p.byMatrices(l, a.Tile, x, pack, y, f)
	} else {
		p.dispatch(l, a.Fragments, x, pack, y, f)
	}
}

// dispatch launches the product on tensors whose channels are padded to a
// multiple of four.
func (p product) dispatch(l *graph.Lowering, by ConvFragments, x, pack, y graph.Tensor, f fused) {
	pixels, z := p.grid()
	shader, tileM, tileK4 := tileFor(by, pixels, (p.K+3)/4*z)
	k := p.kernel(l.Info(), shader, tileM, tileK4)
	k.In, k.Out = []graph.Tensor{x, pack}, []graph.Tensor{y}
	k.Push["block"] = p.block(by, (pixels+tileM-1)/tileM, tileM, k.Groups[1])
	if by == FragmentsVector {
		k.Spec = append(make([]uint32, 10), flag(p.R*p.S == 1 && p.stride == 1 && p.padding == 0))
		switch {
		case p.C%32 > 0 && p.C%16 == 0:
			k.Shader = "conv2d_vec16"
		case roundUp(p.C, 4) == 28: // patches of 3x3 pixels of three channels
			k.Shader = "conv2d_vec28"
		case p.C%32 > 0:
			k.Shader = "conv2d_vec4"
		}
		k.Push["zeros"] = 0 // what lies there stands for pixels that are not stored
		if p.batch == 0 {
			k.Push["zeros"] = (p.K + 31) / 32 * ((p.C + 3) / 4) * packBlock * p.R * p.S
		}
	}
	l.Dispatch(f.leaving(f.inRows(k), f.slots(l, tileM, (pixels+tileM-1)/tileM, (p.K+3)/4)))
}

// grid is how many output pixels a slice of the grid's z axis has, and how many
// slices there are: parity classes of a data gradient, or products.
func (p product) grid() (pixels, z int) {
	if p.transposed {
		return p.N * ((p.P + p.stride - 1) / p.stride) * ((p.Q + p.stride - 1) / p.stride), p.stride * p.stride
	}
	return p.N * p.P * p.Q, max(p.batch, 1)
}

// kernel is what all forms of conv2d.comp have in common, for workgroups of
// tileM pixels x tileK4 vec4 of channels.
func (p product) kernel(i vk.Info, shader string, tileM, tileK4 int) graph.Kernel {
	pixels, z := p.grid()
	k4, c4, tiles := (p.K+3)/4, (p.C+3)/4, (pixels+tileM-1)/tileM
	var spec []uint32
	if i.Kind != vk.CPU {
		spec = words(p.N, p.H, p.W, c4, p.P, p.Q, k4, p.R, p.S, p.stride)
	}
	return graph.Kernel{
		Shader: shader,
		Spec:   spec,
		Push: graph.Push{
			"N": p.N, "H": p.H, "W": p.W, "C4": c4, "P": p.P, "Q": p.Q, "K4": k4, "R": p.R, "S": p.S, "stride": p.stride,
			"padY": p.padding, "padX": p.padding, "transposed": p.transposed, "stepX": p.N * p.H * p.W * c4, "stepY": p.N * p.P * p.Q * k4,
			"block": 0,
		},
		Flops:  p.flops(),
		Groups: [3]int{min(tiles, 65535), (tiles + 65534) / 65535 * ((k4 + tileK4 - 1) / tileK4), z},
	}
}

// block is how many pixel tiles of a 1x1 product go through all its channel
// tiles before the next do; 0 means all. On a CPU driver what is read from beyond
// a core's second-level cache costs as much as the arithmetic: with all tiles at
// once that is x for every channel tile, with blocks that stay in the cache the
// weights for every block.
func (p product) block(f ConvFragments, tiles, tileM, columns int) int {
	const bytes = 256 << 10
	n := max(1, bytes/(4*tileM*p.C))
	blocks, x, weights := (tiles+n-1)/n, p.N*p.P*p.Q, p.K // in units of C words
	if f != FragmentsBroadcast && f != FragmentsVector || p.R*p.S > 1 || p.stride > 1 || tiles > 65535 || 4*blocks*weights > 3*columns*x || 4*n > tiles {
		return 0
	}
	return n
}

// flops counts multiplications and additions. Of a data gradient's taps, one in
// stride^2 meets a pixel.
func (p product) flops() int {
	n := 2 * p.N * p.P * p.Q * p.K * p.C * p.R * p.S * max(p.batch, 1)
	if p.transposed {
		n /= p.stride * p.stride
	}
	return n
}

// tileFor picks the kernel for a product of so many pixels and columns (in
// vec4), and the pixels and vec4 of channels of its workgroup.
func tileFor(f ConvFragments, pixels, k4 int) (shader string, tileM, tileK4 int) {
	switch {
	case f == FragmentsVector:
		return "conv2d_vec", 8 * vectorPixels, vectorColumns / 4
	case f == FragmentsBroadcast && pixels <= 16:
		return "conv2d_sg16", 16, 8
	case f == FragmentsBroadcast:
		return "conv2d_sg", 32, 8
	case (pixels+127)/128*((k4+15)/16) < 512: // too few workgroups to fill a GPU
		return "conv2d_sm64", 64, 16
	}
	return "conv2d_sm", 128, 16
}

// Tiles of FragmentsVector: pixels of a subgroup; channels that its lanes have between them; output channels of a workgroup of
// outer products.
const (
	vectorPixels  = 4
	vectorColumns = 16
	vectorRows    = 32
)

// directGradWeight sums outer products of dy and x over chunks of pixels, then
// adds the chunks.
func directGradWeight(l *graph.Lowering, s convShape, x, dy, dw graph.Tensor, f fused) {
	t := s.withPatches()
	c, k := roundUp(t.C, 4), roundUp(t.K, 4)
	products := func(n int) outerProducts {
		return outerProducts{N: n, H: t.H, W: t.W, C: c, P: t.P, Q: t.Q, K: k, R: t.R, S: t.S, stride: t.Stride, padding: t.Padding}
	}
	part, chunks := partials(l, t.N, 1, append([]graph.Tensor{x, dy}, t.padded(l, x, dy)...), t.R*t.S*k*c, func(n int) int { return products(n).chunks() },
		func(n int, in []graph.Tensor, out graph.Tensor, chunks int) {
			x, dy := in[0], padChannels(l, in[1], n*t.P*t.Q, t.K)
			if t == s {
				x = padChannels(l, x, n*s.H*s.W, s.C)
			} else {
				x = patches(l, s, n, x)
			}
			if s.Fragments == FragmentsMatrix {
				products(n).byMatrices(l, s.Tile, x, dy, out, chunks, f)
			} else {
				products(n).dispatch(l, s.Fragments, x, dy, out, chunks, f)
			}
		})
	l.Dispatch(graph.Kernel{
		Shader: "conv2d_grad_weight_sum",
		In:     []graph.Tensor{part},
		Out:    []graph.Tensor{dw},
		Push:   graph.Push{"K": t.K, "C": t.C, "KP": k, "CP": c, "taps": t.R * t.S, "chunks": chunks},
		Groups: graph.Grid(t.K*t.C, 64),
	})
}

// withPatches is the 1x1 convolution of patches that has the same weights, where
// there are so few input channels that a tile of outer products would be mostly
// empty, and patches are not larger than dy; otherwise s itself.
func (s convShape) withPatches() convShape {
	tile := outerTile(s.Fragments, s.Tile)
	taps := s.C * s.R * s.S
	if s.R*s.S*roundUp(s.C, tile) < 2*roundUp(taps, tile) || taps > s.K {
		return s
	}
	s.H, s.W, s.C, s.R, s.S, s.Stride, s.Padding = s.P, s.Q, taps, 1, 1, 1, 0
	return s
}

// withColumns is the 1x1 convolution whose data gradient has a channel for each tap and input channel, where there are so few of
// these that the tiles of the data gradient itself would be mostly empty, as those of pixels; otherwise s itself. It has the same
// weights.
func (s convShape) withColumns() convShape {
	tile := 64
	switch s.Fragments {
	case FragmentsVector:
		tile = vectorColumns
	case FragmentsBroadcast:
		tile = 32
	}
	if s.Algorithm == ConvWinograd || s.R*s.S*roundUp(s.C, tile) < 2*roundUp(s.C*s.R*s.S, tile) {
		return s
	}
	s.H, s.W, s.C, s.R, s.S, s.Stride, s.Padding = s.P, s.Q, s.C*s.R*s.S, 1, 1, 1, 0
	return s
}

// columnsBytes bounds the scratch tensor of columns: a batch is done in parts that fit.
const columnsBytes = 32 << 20

// columns computes the data gradient of s, whose 1x1 form is t, as a product that has a column for each tap and input channel of
// an output pixel, and adds up the columns that meet in an input pixel.
func columns(l *graph.Lowering, s, t convShape, dy, pack, dx graph.Tensor) {
	dy = padChannels(l, dy, s.N*s.P*s.Q, s.K)
	from, to := s.P*s.Q*roundUp(s.K, 4), s.P*s.Q*roundUp(t.C, 4) // words of an image
	part := s.N
	if from%l.AlignOf(dy) == 0 {
		part = min(s.N, max(1, columnsBytes/(4*to)))
	}
	cols := l.ScratchLike(dy, part*to)
	for image := 0; image < s.N; image += part {
		t.N = min(part, s.N-image)
		t.product(true).run(l, t.ConvAttr, dy.Slice(image*from, t.N*from), pack, cols, fused{})
		l.Dispatch(graph.Kernel{
			Shader: "conv2d_columns",
			In:     []graph.Tensor{cols},
			Out:    []graph.Tensor{dx},
			Push: graph.Push{"N": t.N, "H": s.H, "W": s.W, "C": s.C, "P": s.P, "Q": s.Q, "R": s.R, "S": s.S,
				"stride": s.Stride, "pad": s.Padding, "E": roundUp(t.C, 4), "image": image},
			Groups: graph.Grid(t.N*s.H*s.W*s.C, 64),
		})
	}
}

// patches are, for n images of x, what the taps see under every output pixel:
// [n, P, Q, C*R*S], channels padded.
func patches(l *graph.Lowering, s convShape, n int, x graph.Tensor) graph.Tensor {
	quads := roundUp(s.C*s.R*s.S, 4) / 4
	y := l.ScratchLike(x, n*s.P*s.Q*4*quads)
	l.Dispatch(graph.Kernel{
		Shader: "conv2d_patches",
		In:     []graph.Tensor{x},
		Out:    []graph.Tensor{y},
		Push: graph.Push{"N": n, "H": s.H, "W": s.W, "C": s.C, "P": s.P, "Q": s.Q, "R": s.R, "S": s.S,
			"stride": s.Stride, "pad": s.Padding, "E4": quads},
		Groups: graph.Grid(n*s.P*quads, 64),
	})
	return y
}

// outerProducts is one dispatch of conv2d_grad_weight.comp on x [N,H,W,C] and
// dy [N,P,Q,K], or, batched, R*S products of one tap each.
type outerProducts struct {
	N, H, W, C, P, Q, K, R, S int // C and K are multiples of four
	stride, padding           int
	batched                   bool
}

// chunkBytes is how much of x and dy one chunk reads: it should stay in a
// core's second-level cache while taps and channel tiles pass. sumBytes bounds
// the sums of all chunks where those of one are many, for adding them up costs
// more than cache misses.
const (
	chunkBytes = 1 << 20
	sumBytes   = 16 << 20
)

// chunk is the pixels of a chunk.
func (o outerProducts) chunk() int {
	most := max(1, sumBytes/(4*o.R*o.S*o.K*o.C))
	return roundUp(max(64, chunkBytes/4/(o.C*o.stride*o.stride+o.K), (o.N*o.P*o.Q+most-1)/most), 8)
}

// chunks is the number of chunks of all pixels.
func (o outerProducts) chunks() int { return (o.N*o.P*o.Q + o.chunk() - 1) / o.chunk() }

// dispatch writes the sums of n chunks of pixels to part [n][R*S][K][C].
func (o outerProducts) dispatch(l *graph.Lowering, by ConvFragments, x, dy, part graph.Tensor, n int, f fused) {
	shader := "conv2d_grad_weight_sm"
	if by == FragmentsVector && (o.C < vectorColumns || !o.batched && (o.R*o.S > 1 || o.stride > 1 || o.padding > 0)) {
		by = FragmentsBroadcast
	}
	if by == FragmentsBroadcast {
		shader = "conv2d_grad_weight_sg"
	}
	k := o.kernel(shader, outerTile(by, MatrixTile{}), x, dy, part, n)
	if by == FragmentsVector {
		k.Shader = "conv2d_grad_weight_vec"
		k.Groups[1] = (o.K + vectorRows - 1) / vectorRows * o.R * o.S
	}
	l.Dispatch(f.inRows(k))
}

// kernel is what all forms of conv2d_grad_weight.comp have in common, for
// workgroups of tile x tile channels.
func (o outerProducts) kernel(shader string, tile int, x, dy, part graph.Tensor, n int) graph.Kernel {
	return graph.Kernel{
		Shader: shader,
		In:     []graph.Tensor{x, dy},
		Out:    []graph.Tensor{part},
		Push: graph.Push{
			"N": o.N, "H": o.H, "W": o.W, "C4": o.C / 4, "P": o.P, "Q": o.Q, "K4": o.K / 4, "R": o.R, "S": o.S, "stride": o.stride,
			"padY": o.padding, "padX": o.padding, "chunk": o.chunk(), "batched": o.batched,
			"stepX": o.N * o.H * o.W * o.C / 4, "stepDY": o.N * o.P * o.Q * o.K / 4,
		},
		Flops:  2 * o.N * o.P * o.Q * o.R * o.S * o.K * o.C,
		Groups: [3]int{(o.C + tile - 1) / tile, (o.K + tile - 1) / tile * o.R * o.S, n},
	}
}

// outerTile is the side of the square of channels that a workgroup of outer
// products owns.
func outerTile(f ConvFragments, t MatrixTile) int {
	switch {
	case f == FragmentsVector:
		return vectorColumns
	case f == FragmentsBroadcast:
		return 32
	case f == FragmentsMatrix && t.M > 0:
		return min(t.M, t.N)
	}
	return 64
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// padChannels is x [rows, c] with channels padded by zeros to a multiple of
// four: x itself where nothing is missing.
func padChannels(l *graph.Lowering, x graph.Tensor, rows, c int) graph.Tensor {
	if c%4 == 0 {
		return x
	}
	y := l.ScratchLike(x, rows*roundUp(c, 4))
	resizeChannels(l, x, y, rows, c, roundUp(c, 4))
	return y
}

// resizeChannels copies rows of one width into rows of another.
func resizeChannels(l *graph.Lowering, x, y graph.Tensor, rows, from, to int) {
	l.Dispatch(graph.Kernel{
		Shader: "channel_pad",
		In:     []graph.Tensor{x},
		Out:    []graph.Tensor{y},
		Push:   graph.Push{"rows": rows, "from": from, "to": to},
		Groups: graph.Grid(rows*((to+3)/4), 64),
	})
}
