package models

import (
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
)

// ConvNets of dataset condensation (Gidaris and Komodakis 2018; Zhao et al.
// 2021), with that code's parameter names: blocks of 3x3 convolution, instance
// norm, ReLU and 2x2 average pooling, then a linear layer on all that is left of
// the image. The usual depth is 3 for 32 px and 4 for 64 px; the number of
// weights depends on the side of the images (Spec.Size).
func init() {
	register("convnet3", convnet{depth: 3, channels: 128}.architecture)
	register("convnet4", convnet{depth: 4, channels: 128}.architecture)
}

type convnet struct{ depth, channels int }

func (c convnet) architecture(Spec) architecture {
	return architecture{
		width:   func(s Spec) int { return c.features(s.Size) },
		forward: c.forward,
		init:    Uniform,
		size:    c.size,
	}
}

// features is the number of features of images of the given side.
func (c convnet) features(side int) int { return c.channels * (side >> c.depth) * (side >> c.depth) }

// size is the side of images with so many features, 0 if there is none.
func (c convnet) size(features int) int {
	if features < c.channels {
		return 0
	}
	side := int(math.Round(math.Sqrt(float64(features/c.channels)))) << c.depth
	if c.features(side) != features {
		return 0
	}
	return side
}

func (c convnet) forward(b *builder, x *graph.Node) Output {
	want := b.m.Spec.Size
	var err error
	if want>>c.depth < 1 {
		err = fmt.Errorf("images of %d px: want at least %d, for %d poolings", want, 1<<c.depth, c.depth)
	} else if x.Dim(1)>>c.depth != want>>c.depth || x.Dim(2)>>c.depth != want>>c.depth {
		err = fmt.Errorf("images of %d x %d px: want %d px, which its classifier is made for", x.Dim(1), x.Dim(2), want)
	}
	if err != nil {
		n := b.g.Poison(b.m.Name, err)
		return Output{Features: n, Logits: n}
	}
	for block := range c.depth {
		const layers = 4 // of a block, in the names: convolution, norm, ReLU, pooling
		x = b.biasedConv(fmt.Sprintf("features.%d", layers*block), x, c.channels, 3, nn.ConvAttr{Padding: 1})
		x = b.instanceNorm(fmt.Sprintf("features.%d", layers*block+1), x)
		x = nn.AvgPool(x, 2, 2, 0)
	}
	// The linear layer takes the features channel by channel, as PyTorch's flatten leaves them.
	pixels := x.Dim(1) * x.Dim(2)
	features := nn.ChannelShuffle(graph.Reshape(x, x.Dim(0), pixels*c.channels), pixels)
	return Output{Features: features, Logits: b.linear("classifier", features, b.m.Spec.Classes)}
}
