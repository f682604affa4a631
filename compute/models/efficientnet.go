package models

import (
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/nn"
)

// EfficientNet-B0 (Tan and Le 2019) under torchvision's names: inverted residual
// blocks with squeeze-and-excite, SiLU, stochastic depth that grows with depth,
// and dropout before the classifier. With the CIFAR stem, which is not
// published, the first convolution has stride 1.
func init() {
	register("efficientnet-b0", efficient{stages: []efficientStage{
		{expansion: 1, kernel: 3, stride: 1, channels: 16, blocks: 1},
		{expansion: 6, kernel: 3, stride: 2, channels: 24, blocks: 2},
		{expansion: 6, kernel: 5, stride: 2, channels: 40, blocks: 2},
		{expansion: 6, kernel: 3, stride: 2, channels: 80, blocks: 3},
		{expansion: 6, kernel: 5, stride: 1, channels: 112, blocks: 3},
		{expansion: 6, kernel: 5, stride: 2, channels: 192, blocks: 4},
		{expansion: 6, kernel: 3, stride: 1, channels: 320, blocks: 1},
	}, first: 32, last: 1280, dropout: 0.2, depth: 0.2}.architecture)
}

type efficient struct {
	stages      []efficientStage
	first, last int // channels of the first and of the last convolution
	dropout     float64
	depth       float64 // stochastic depth, of the block after the last
}

type efficientStage struct {
	expansion int // of the channels inside a block
	kernel    int
	stride    int // of the first block
	channels  int // of its result
	blocks    int
}

func (e efficient) architecture(Spec) architecture {
	return architecture{
		forward:    e.forward,
		classifier: "classifier.1",
		initial: initial{
			conv:   heFanOut,
			linear: func(_, out int) draw { return uniform(1 / math.Sqrt(float64(out))) },
			bias:   zero,
		},
		stem: ImageNet,
	}
}

func (e efficient) forward(b *builder, x *graph.Node) Output {
	stride := 2
	if b.m.Spec.Stem == CIFAR {
		stride = 1
	}
	x = b.conv("features.0.0", x, e.first, 3, nn.ConvAttr{Stride: stride, Padding: 1})
	x = b.norm("features.0.1", x, nn.SiLU, nil)
	blocks, at := 0, 0
	for _, s := range e.stages {
		blocks += s.blocks
	}
	for i, s := range e.stages {
		for k := range s.blocks {
			x = s.block(b, fmt.Sprintf("features.%d.%d.block", i+1, k), x, k, e.depth*float64(at)/float64(blocks))
			at++
		}
	}
	name := fmt.Sprintf("features.%d", len(e.stages)+1)
	x = b.conv(name+".0", x, e.last, 1, nn.ConvAttr{})
	x = b.norm(name+".1", x, nn.SiLU, nil)
	return b.classify(x, b.dropout("classifier.0", nn.GlobalAvgPool(x), e.dropout))
}

// block k of a stage: 1x1 to more channels, a convolution of each by itself, a
// gate for each channel, 1x1 to the stage's. It is left out with probability
// drop in training, where it has a shortcut.
func (s efficientStage) block(b *builder, name string, x *graph.Node, k int, drop float64) *graph.Node {
	inside, stride, at := x.Dim(-1)*s.expansion, 1, 0
	if k == 0 {
		stride = s.stride
	}
	part := func() string { at++; return fmt.Sprintf("%s.%d", name, at-1) }
	y := x
	if s.expansion > 1 {
		expand := part()
		y = b.conv(expand+".0", y, inside, 1, nn.ConvAttr{})
		y = b.norm(expand+".1", y, nn.SiLU, nil)
	}
	depthwise := part()
	y = b.conv(depthwise+".0", y, inside, s.kernel, nn.ConvAttr{Stride: stride, Padding: s.kernel / 2, Groups: inside})
	y = b.norm(depthwise+".1", y, nn.SiLU, nil)
	y = b.squeezeExcite(part(), y, max(1, x.Dim(-1)/4), nn.SiLU)
	project := part()
	y = b.conv(project+".0", y, s.channels, 1, nn.ConvAttr{})
	if stride > 1 || x.Dim(-1) != s.channels {
		return b.norm(project+".1", y, nn.None, nil)
	}
	if b.masks == nil || drop == 0 {
		return b.norm(project+".1", y, nn.None, x)
	}
	return b.stochasticDepth(name, b.norm(project+".1", y, nn.None, nil), x, drop)
}

// squeezeExcite gates the channels of x [N,H,W,C] by two 1x1 convolutions of
// their means, with hidden channels between.
func (b *builder) squeezeExcite(name string, x *graph.Node, hidden int, act nn.Activation) *graph.Node {
	n, c := x.Dim(0), x.Dim(-1)
	s := graph.Reshape(nn.GlobalAvgPool(x), n, 1, 1, c)
	s = b.convBias(name+".fc1", s, hidden, 1, nn.ConvAttr{}, act)
	s = b.convBias(name+".fc2", s, c, 1, nn.ConvAttr{}, nn.Sigmoid)
	return nn.Gate(x, graph.Reshape(s, n, c))
}
