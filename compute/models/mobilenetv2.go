package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// MobileNetV2 (Sandler et al. 2018) under torchvision's names. The form for 32
// and 64 px keeps the image's size in the first three stages, expands in every
// block, clips by ReLU in the place of ReLU6, has no dropout, and gives every
// block of stride 1 a shortcut: where the width changes a 1x1 convolution with
// batch norm, named shortcut.0 and shortcut.1.
func init() {
	register("mobilenetv2-mini", mobile{stages: []invertedStage{
		{expansion: 1, channels: 16, blocks: 1, stride: 1},
		{expansion: 4, channels: 24, blocks: 2, stride: 2},
		{expansion: 4, channels: 48, blocks: 2, stride: 2},
		{expansion: 4, channels: 80, blocks: 2, stride: 2},
	}, first: 16, last: 256, dropout: 0.2, halve: true}.architecture)
	register("mobilenetv2", mobile{stages: []invertedStage{
		{expansion: 1, channels: 16, blocks: 1, stride: 1},
		{expansion: 6, channels: 24, blocks: 2, stride: 2},
		{expansion: 6, channels: 32, blocks: 3, stride: 2},
		{expansion: 6, channels: 64, blocks: 4, stride: 2},
		{expansion: 6, channels: 96, blocks: 3, stride: 1},
		{expansion: 6, channels: 160, blocks: 3, stride: 2},
		{expansion: 6, channels: 320, blocks: 1, stride: 1},
	}, first: 32, last: 1280, dropout: 0.2}.architecture)
}

type mobile struct {
	stages      []invertedStage
	first, last int // channels of the first and of the last convolution
	dropout     float64
	halve       bool // the first convolution of the small form has stride 2
}

type invertedStage struct {
	expansion int // of the channels inside a block
	channels  int // of its result
	blocks    int
	stride    int // of the first block
}

func (m mobile) architecture(s Spec) architecture {
	return architecture{
		forward:    m.forward,
		classifier: "classifier.1",
		initial:    initial{conv: heFanOut, linear: func(int, int) draw { return normal(0.01) }, bias: zero},
	}
}

func (m mobile) forward(b *builder, x *graph.Node) Output {
	small, act, stride := b.m.Spec.Stem == CIFAR, nn.ReLU6, 2
	if small {
		act, stride = nn.ReLU, stemStride(m.halve)
	}
	x = b.conv("features.0.0", x, m.first, 3, nn.ConvAttr{Stride: stride, Padding: 1})
	x = b.norm("features.0.1", x, act, nil)
	at := 1
	for i, s := range m.stages {
		for k := range s.blocks {
			stride := 1
			if k == 0 && !(small && i < 2) {
				stride = s.stride
			}
			x = s.block(b, fmt.Sprintf("features.%d", at), x, stride, act)
			at++
		}
	}
	x = b.conv(fmt.Sprintf("features.%d.0", at), x, m.last, 1, nn.ConvAttr{})
	x = b.norm(fmt.Sprintf("features.%d.1", at), x, act, nil)
	if small {
		return b.classify(x, nn.GlobalAvgPool(x))
	}
	return b.classify(x, b.dropout("classifier.0", nn.GlobalAvgPool(x), m.dropout))
}

// block is an inverted residual block: 1x1 to more channels, 3x3 of each by
// itself, 1x1 to the stage's.
func (s invertedStage) block(b *builder, name string, x *graph.Node, stride int, act nn.Activation) *graph.Node {
	small, inside, at := b.m.Spec.Stem == CIFAR, x.Dim(-1)*s.expansion, 0
	part := func() string { at++; return fmt.Sprintf("%s.conv.%d", name, at-1) }
	y := x
	if s.expansion > 1 || small {
		expand := part()
		y = b.conv(expand+".0", y, inside, 1, nn.ConvAttr{})
		y = b.norm(expand+".1", y, act, nil)
	}
	depthwise := part()
	y = b.conv(depthwise+".0", y, inside, 3, nn.ConvAttr{Stride: stride, Padding: 1, Groups: inside})
	y = b.norm(depthwise+".1", y, act, nil)
	y = b.conv(part(), y, s.channels, 1, nn.ConvAttr{})
	last := part()
	switch {
	case stride == 1 && x.Dim(-1) == s.channels:
		return b.norm(last, y, nn.None, x)
	case stride == 1 && small:
		shortcut := b.conv(name+".shortcut.0", x, s.channels, 1, nn.ConvAttr{})
		return b.norm(last, y, nn.None, b.norm(name+".shortcut.1", shortcut, nn.None, nil))
	}
	return b.norm(last, y, nn.None, nil)
}
