package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// ShuffleNetV2 (Ma et al. 2018) under torchvision's names, at half width and at
// full width. The form for 32 and 64 px has a first convolution of stride 1 and
// no max-pool. Weights do not show the form: a file that does not say it is
// taken for the published one, which is the small form at half width and
// torchvision's at full width.
func init() {
	register("shufflenetv2-mini", shuffle{stages: [3]int{48, 96, 192}, blocks: [3]int{2, 3, 2}, last: 256, published: CIFAR, halve: true}.architecture)
	register("shufflenetv2-x0.5", shuffle{stages: [3]int{48, 96, 192}, blocks: [3]int{4, 8, 4}, last: 1024, published: CIFAR}.architecture)
	register("shufflenetv2-x1.0", shuffle{stages: [3]int{116, 232, 464}, blocks: [3]int{4, 8, 4}, last: 1024, published: ImageNet}.architecture)
}

type shuffle struct {
	stages    [3]int // channels
	blocks    [3]int // of each stage
	last      int    // channels of the last convolution
	halve     bool   // the first convolution of the small form has stride 2
	published Stem
}

func (s shuffle) architecture(Spec) architecture {
	return architecture{
		forward:    s.forward,
		classifier: "fc",
		stem:       s.published,
	}
}

func (s shuffle) forward(b *builder, x *graph.Node) Output {
	const channels = 24
	stride := stemStride(s.halve)
	if b.m.Spec.Stem == ImageNet {
		stride = 2
	}
	x = b.conv("conv1.0", x, channels, 3, nn.ConvAttr{Stride: stride, Padding: 1})
	x = b.norm("conv1.1", x, nn.ReLU, nil)
	if b.m.Spec.Stem == ImageNet {
		x = nn.MaxPool(x, 3, 2, 1)
	}
	for i, blocks := range s.blocks {
		for k := range blocks {
			x = shuffleBlock(b, fmt.Sprintf("stage%d.%d", i+2, k), x, s.stages[i]/2, k == 0)
		}
	}
	x = b.conv("conv5.0", x, s.last, 1, nn.ConvAttr{})
	x = b.norm("conv5.1", x, nn.ReLU, nil)
	return b.classify(x, nn.GlobalAvgPool(x))
}

// shuffleBlock joins two branches of so many channels and shuffles them. Where
// the image is halved both are computed of all of x, otherwise the second alone,
// of the second half of its channels.
func shuffleBlock(b *builder, name string, x *graph.Node, channels int, halve bool) *graph.Node {
	stride, first, second := 1, x, x
	if halve {
		stride = 2
		first = b.conv(name+".branch1.0", x, x.Dim(-1), 3, nn.ConvAttr{Stride: 2, Padding: 1, Groups: x.Dim(-1)})
		first = b.norm(name+".branch1.1", first, nn.None, nil)
		first = b.conv(name+".branch1.2", first, channels, 1, nn.ConvAttr{})
		first = b.norm(name+".branch1.3", first, nn.ReLU, nil)
	} else {
		first, second = nn.SliceChannels(x, 0, channels), nn.SliceChannels(x, channels, channels)
	}
	second = b.conv(name+".branch2.0", second, channels, 1, nn.ConvAttr{})
	second = b.norm(name+".branch2.1", second, nn.ReLU, nil)
	second = b.conv(name+".branch2.3", second, channels, 3, nn.ConvAttr{Stride: stride, Padding: 1, Groups: channels})
	second = b.norm(name+".branch2.4", second, nn.None, nil)
	second = b.conv(name+".branch2.5", second, channels, 1, nn.ConvAttr{})
	second = b.norm(name+".branch2.6", second, nn.ReLU, nil)
	return nn.ChannelShuffle(nn.Concat(first, second), 2)
}
