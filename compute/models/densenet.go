package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Densely connected networks (Huang et al. 2017) with bottlenecks and a
// compression of a half, under torchvision's names. The form for 32 and 64 px
// has a 3x3 convolution in the place of the first three layers (no norm0), and
// puts a layer's new features before the old ones, not behind them.
func init() {
	register("densenet-mini", dense{blocks: []int{4, 4, 4}, growth: 16, first: 32, halve: true}.architecture)
	register("densenet121", dense{blocks: []int{6, 12, 24, 16}, growth: 32, first: 64}.architecture)
	register("densenet169", dense{blocks: []int{6, 12, 32, 32}, growth: 32, first: 64}.architecture)
	register("densenet201", dense{blocks: []int{6, 12, 48, 32}, growth: 32, first: 64}.architecture)
}

type dense struct {
	blocks []int // layers of each
	growth int   // channels that a layer adds
	first  int   // channels of the first convolution
	halve  bool  // the first convolution of the small form has stride 2
}

func (d dense) architecture(Spec) architecture {
	return architecture{
		forward:    d.forward,
		classifier: "classifier",
		initial:    initial{conv: heFanIn, bias: zero},
	}
}

func (d dense) forward(b *builder, x *graph.Node) Output {
	if b.m.Spec.Stem == ImageNet {
		x = b.conv("features.conv0", x, d.first, 7, nn.ConvAttr{Stride: 2, Padding: 3})
		x = b.norm("features.norm0", x, nn.ReLU, nil)
		x = nn.MaxPool(x, 3, 2, 1)
	} else {
		x = b.conv("features.conv0", x, d.first, 3, nn.ConvAttr{Stride: stemStride(d.halve), Padding: 1})
	}
	for i, layers := range d.blocks {
		s, pixels := nn.NewSlab(x, x.Dim(-1)+layers*d.growth, b.m.Spec.Stem == CIFAR), x.Size()/x.Dim(-1)
		for k := range layers {
			s.Append(d.layer(b, fmt.Sprintf("features.denseblock%d.denselayer%d", i+1, k+1), s, pixels))
		}
		if i == len(d.blocks)-1 {
			x = b.slabNorm("features.norm5", s, pixels, nn.ReLU)
			break
		}
		name := fmt.Sprintf("features.transition%d", i+1)
		x = b.slabNorm(name+".norm", s, pixels, nn.ReLU)
		x = nn.AvgPool(b.conv(name+".conv", x, s.Channels()/2, 1, nn.ConvAttr{}), 2, 2, 0)
	}
	return b.classify(x, nn.GlobalAvgPool(x))
}

// layer is the growth channels that are added to a block, of all there are so far.
func (d dense) layer(b *builder, name string, s *nn.Slab, pixels int) *graph.Node {
	y := b.slabNorm(name+".norm1", s, pixels, nn.ReLU)
	y = b.conv(name+".conv1", y, 4*d.growth, 1, nn.ConvAttr{})
	y = b.norm(name+".norm2", y, nn.ReLU, nil)
	return b.conv(name+".conv2", y, d.growth, 3, nn.ConvAttr{Padding: 1})
}
