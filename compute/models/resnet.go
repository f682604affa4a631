package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Residual networks (He et al. 2016; the wide ones Zagoruyko and Komodakis
// 2016), named and numbered as in torchvision. ResNet-8 is the first paper's
// recipe for CIFAR at its smallest (one block a stage; 16, 32 and 64 channels).
// ResNet-mini is ours, for CPUs: as deep, wider where kernels are efficient (32,
// 64, 128), and with a stem of stride 2, so that a pass over a 32 px image costs
// 12 million multiplications.
func init() {
	register("resnet-mini", residual{blocks: []int{1, 1, 1}, channels: 32, halve: true}.architecture)
	register("resnet8", residual{blocks: []int{1, 1, 1}, channels: 16}.architecture)
	register("resnet18", residual{blocks: []int{2, 2, 2, 2}, channels: 64}.architecture)
	register("resnet50", residual{blocks: []int{3, 4, 6, 3}, channels: 64, expansion: 4, width: 1}.architecture)
	register("resnet101", residual{blocks: []int{3, 4, 23, 3}, channels: 64, expansion: 4, width: 1}.architecture)
	register("wide-resnet50-2", residual{blocks: []int{3, 4, 6, 3}, channels: 64, expansion: 4, width: 2}.architecture)
}

type residual struct {
	blocks    []int // per stage; stage i has channels<<i channels, times expansion
	channels  int
	expansion int  // of bottleneck blocks; 0: basic blocks
	width     int  // of bottlenecks, times the stage's channels
	halve     bool // the CIFAR stem has stride 2
}

func (r residual) architecture(Spec) architecture {
	return architecture{
		forward:    r.forward,
		classifier: "fc",
		initial:    initial{conv: heFanOut},
	}
}

func (r residual) forward(b *builder, x *graph.Node) Output {
	if b.m.Spec.Stem == ImageNet {
		x = b.conv("conv1", x, r.channels, 7, nn.ConvAttr{Stride: 2, Padding: 3})
		x = b.norm("bn1", x, nn.ReLU, nil)
		x = nn.MaxPool(x, 3, 2, 1)
	} else {
		x = b.conv("conv1", x, r.channels, 3, nn.ConvAttr{Stride: stemStride(r.halve), Padding: 1})
		x = b.norm("bn1", x, nn.ReLU, nil)
	}
	for stage, blocks := range r.blocks {
		for i := range blocks {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			name := fmt.Sprintf("layer%d.%d", stage+1, i)
			if r.expansion == 0 {
				x = basicBlock(b, name, x, r.channels<<stage, stride)
			} else {
				x = bottleneck(b, name, x, r.channels<<stage*r.width, r.channels<<stage*r.expansion, stride)
			}
		}
	}
	return b.classify(x, nn.GlobalAvgPool(x))
}

// basicBlock is two 3x3 convolutions and a shortcut.
func basicBlock(b *builder, name string, x *graph.Node, channels, stride int) *graph.Node {
	y := b.conv(name+".conv1", x, channels, 3, nn.ConvAttr{Stride: stride, Padding: 1})
	y = b.norm(name+".bn1", y, nn.ReLU, nil)
	y = b.conv(name+".conv2", y, channels, 3, nn.ConvAttr{Stride: 1, Padding: 1})
	return b.norm(name+".bn2", y, nn.ReLU, shortcut(b, name, x, channels, stride))
}

// bottleneck is 1x1, 3x3 (which carries the stride, as in torchvision), 1x1.
func bottleneck(b *builder, name string, x *graph.Node, width, channels, stride int) *graph.Node {
	y := b.conv(name+".conv1", x, width, 1, nn.ConvAttr{Stride: 1})
	y = b.norm(name+".bn1", y, nn.ReLU, nil)
	y = b.conv(name+".conv2", y, width, 3, nn.ConvAttr{Stride: stride, Padding: 1})
	y = b.norm(name+".bn2", y, nn.ReLU, nil)
	y = b.conv(name+".conv3", y, channels, 1, nn.ConvAttr{Stride: 1})
	return b.norm(name+".bn3", y, nn.ReLU, shortcut(b, name, x, channels, stride))
}

// shortcut is x itself, or a 1x1 convolution where the shape changes.
func shortcut(b *builder, name string, x *graph.Node, channels, stride int) *graph.Node {
	if stride == 1 && x.Dim(-1) == channels {
		return x
	}
	y := b.conv(name+".downsample.0", x, channels, 1, nn.ConvAttr{Stride: stride})
	return b.norm(name+".downsample.1", y, nn.None, nil)
}
