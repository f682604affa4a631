package models

import (
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Swin Transformers (Liu et al. 2021), named and numbered as in torchvision:
// patches of 4x4 pixels, stages of blocks of attention within windows of 7x7
// tokens, every other block with the windows shifted by half a window, and
// between stages 2x2 tokens merged into one of twice the channels. They take
// images of any size from one patch on: tokens are filled up with zeros to whole
// windows, rows of patches that are not whole left out. There are no batch
// norms, so L_BN has no terms.
func init() {
	register("swin-t", swin{channels: 96, blocks: []int{2, 2, 6, 2}, heads: []int{3, 6, 12, 24}, window: 7, depth: 0.2}.architecture)
}

type swin struct {
	channels int   // of the first stage; every further one has twice as many
	blocks   []int // per stage
	heads    []int // of attention, per stage
	window   int   // side, in tokens
	depth    float64
}

func (s swin) architecture(Spec) architecture {
	return architecture{
		forward:    s.forward,
		classifier: "head",
		init:       He,
		initial:    initial{linear: func(_, _ int) draw { return normal(0.02) }, bias: zero},
		stem:       ImageNet,
		least:      patch,
	}
}

const patch = 4 // pixels, the side of a token

func (s swin) forward(b *builder, x *graph.Node) Output {
	x = b.convBias("features.0.0", x, s.channels, patch, nn.ConvAttr{Stride: patch}, nn.None)
	x = b.layerNorm("features.0.2", x)
	block, blocks := 0, 0
	for _, n := range s.blocks {
		blocks += n
	}
	for stage, n := range s.blocks {
		if stage > 0 {
			x = mergePatches(b, fmt.Sprintf("features.%d", 2*stage), x)
		}
		windows := [2]windows{newWindows(b.g, x, s.window, 0), newWindows(b.g, x, s.window, s.window/2)}
		for i := range n {
			share := s.depth * float64(block) / float64(blocks-1)
			x = s.block(b, fmt.Sprintf("features.%d.%d", 2*stage+1, i), x, s.heads[stage], windows[i%2], share)
			block++
		}
	}
	x = b.layerNorm("norm", x)
	return b.classify(x, nn.GlobalAvgPool(x))
}

// block is attention within windows, then two linear layers on every token, each
// with its shortcut, which a share of the images takes alone in training.
func (s swin) block(b *builder, name string, x *graph.Node, heads int, w windows, share float64) *graph.Node {
	y := b.layerNorm(name+".norm1", x)
	y = s.attention(b, name+".attn", y, heads, w)
	x = b.stochasticDepth(name+".attn", y, x, share)
	y = b.layerNorm(name+".norm2", x)
	y = b.dense(name+".mlp.0", y, 4*x.Dim(-1), nn.GELU)
	y = b.dense(name+".mlp.3", y, x.Dim(-1), nn.None)
	return b.stochasticDepth(name+".mlp", y, x, share)
}

func (s swin) attention(b *builder, name string, x *graph.Node, heads int, w windows) *graph.Node {
	shape, c := x.Shape(), x.Dim(-1)
	table := b.param(name+".relative_position_bias_table", normal(0.02), (2*s.window-1)*(2*s.window-1), heads)
	x = graph.Reshape(nn.MoveRows(x, w.rows), x.Dim(0)*w.n, s.window*s.window, c)
	qkv := b.dense(name+".qkv", x, 3*c, nn.None)
	b.g.Scope(name, func() { x = nn.Attention(qkv, nn.RelativeBias(table, s.window), w.mask, heads) })
	x = b.dense(name+".proj", x, c, nn.None)
	x = nn.MoveRows(graph.Reshape(x, shape[0], x.Size()/shape[0]/c, c), w.rows.Inverse())
	return graph.Reshape(x, shape...)
}

// windows is how the tokens [N,H,W,C] of a stage lie in windows.
type windows struct {
	n    int        // in an image
	rows *nn.RowMap // from an image's tokens to those of its windows
	mask *graph.Node
}

// newWindows divides the tokens of x, filled up to whole windows and rolled by
// shift upwards and to the left. Along an axis of one window nothing is rolled.
// The mask keeps tokens apart that only the roll made neighbours; without it
// there is none.
func newWindows(g *graph.Graph, x *graph.Node, side, shift int) windows {
	axis := func(size int) (n, by int) {
		if n = (size + side - 1) / side; n > 1 {
			return n, shift
		}
		return n, 0
	}
	h, w := x.Dim(1), x.Dim(2)
	down, shiftY := axis(h)
	across, shiftX := axis(w)
	// region of a rolled token: its window's rest of the image, or what came round
	region := func(at, n, shift int) int {
		switch {
		case at < (n-1)*side:
			return 0
		case at < n*side-shift:
			return 1
		}
		return 2
	}
	var from, regions []int
	for i := range down * across * side * side {
		y, x := i/(side*side)/across*side+i/side%side, i/(side*side)%across*side+i%side
		regions = append(regions, 3*region(y, down, shiftY)+region(x, across, shiftX))
		y, x = (y+shiftY)%(down*side), (x+shiftX)%(across*side)
		if y < h && x < w {
			from = append(from, y*w+x)
		} else {
			from = append(from, -1)
		}
	}
	out := windows{n: down * across, rows: nn.NewRowMap(g, h*w, from)}
	if shiftY+shiftX == 0 {
		return out
	}
	const apart = -100 // as torchvision has it
	tokens := side * side
	width := (tokens + 3) / 4 * 4
	mask := make([]float32, out.n*tokens*width)
	for i, mine := range regions {
		for j, other := range regions[i/tokens*tokens:][:tokens] {
			if mine != other {
				mask[i*width+j] = apart
			}
		}
	}
	out.mask = g.Const("mask", mask, out.n, tokens, width)
	return out
}

// mergePatches makes one token of twice the channels out of 2x2; an odd side is
// filled up with zeros.
func mergePatches(b *builder, name string, x *graph.Node) *graph.Node {
	n, h, w, c := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	down, across := (h+1)/2, (w+1)/2
	var from []int
	for i := range down * across * 4 {
		y, x := i/4/across*2+i%2, i/4%across*2+i/2%2
		if y < h && x < w {
			from = append(from, y*w+x)
		} else {
			from = append(from, -1)
		}
	}
	reduction := b.param(name+".reduction.weight", b.initial().linear(4*c, 2*c), 2*c, 4*c) // before the norm, as torchvision lists them
	x = graph.Reshape(nn.MoveRows(x, nn.NewRowMap(b.g, h*w, from)), n, down, across, 4*c)
	x = b.layerNorm(name+".norm", x)
	b.g.Scope(name+".reduction", func() { x = nn.Linear(graph.Reshape(x, n*down*across, 4*c), reduction, nil, nn.None) })
	return graph.Reshape(x, n, down, across, 2*c)
}

// relativePositions is the row of a table of relative position biases, of so
// many rows, for each pair of tokens of a window [T*T]: a buffer of
// torchvision's networks.
func relativePositions(rows int) []int64 {
	span := int(math.Sqrt(float64(rows)))
	side := (span + 1) / 2
	var index []int64
	for i := range side * side {
		for j := range side * side {
			index = append(index, int64((i/side-j/side+side-1)*span+i%side-j%side+side-1))
		}
	}
	return index
}

// layerNorm is a layer normalisation over the channels.
func (b *builder) layerNorm(name string, x *graph.Node) (y *graph.Node) {
	b.g.Scope(name, func() {
		gamma := b.param(name+".weight", constant(1), x.Dim(-1))
		beta := b.param(name+".bias", constant(0), x.Dim(-1))
		y = nn.LayerNorm(x, gamma, beta, b.m.arch.eps)
	})
	return y
}

// dense is linear on each token of x [..., in].
func (b *builder) dense(name string, x *graph.Node, out int, a nn.Activation) *graph.Node {
	in := x.Dim(-1)
	y := b.linear(name, graph.Reshape(x, x.Size()/in, in), out, a)
	return graph.Reshape(y, append(append(graph.Shape(nil), x.Shape()[:len(x.Shape())-1]...), out)...)
}
