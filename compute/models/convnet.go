package models

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"reta/compute/graph"
	"reta/compute/nn"
)

// ConvNets of dataset condensation (Gidaris and Komodakis 2018; Zhao et al.
// 2021), with that code's parameter names: blocks of 3x3 convolution, instance
// norm, ReLU and 2x2 average pooling, then a linear layer on all that is left of
// the image. The usual depth is 3 for 32 px and 4 for 64 px; the number of
// weights depends on the side of the images (Spec.Size). Other forms go by name:
// convnet3-w64 has 64 channels in the place of 128, convnet3-bn batch norm.
func init() {
	for _, name := range []string{"convnet3", "convnet4", "convnet5", "convnet3-bn", "convnet4-bn", "convnet5-bn"} {
		c, _ := convnetOf(name)
		register(name, c.architecture)
	}
}

type convnet struct {
	depth, channels int
	batchNorm       bool // in the place of instance norm
}

const (
	convnetChannels = 128 // where a name says nothing else
	convnetLayers   = 4   // of a block, in the names of its tensors: convolution, norm, ReLU, pooling
)

var convnetName = regexp.MustCompile(`^convnet([1-9])(?:-w([1-9][0-9]{0,3}))?(-bn)?$`)

// convnetOf reads a name such as convnet3, convnet4-bn or convnet3-w64-bn.
func convnetOf(name string) (c convnet, ok bool) {
	parts := convnetName.FindStringSubmatch(name)
	if parts == nil {
		return c, false
	}
	c = convnet{channels: convnetChannels, batchNorm: parts[3] != ""}
	c.depth, _ = strconv.Atoi(parts[1]) // the expression takes digits only
	if parts[2] != "" {
		c.channels, _ = strconv.Atoi(parts[2])
	}
	return c, true
}

// convnetLike is the ConvNet whose depth, channels and norm are those of tensors of these shapes; ok means that there are such.
func convnetLike(shapes map[string][]int) (c convnet, ok bool) {
	first := shapes["features.0.weight"]
	if len(first) != 4 {
		return c, false
	}
	c.channels = first[0]
	for shapes[fmt.Sprintf("features.%d.weight", convnetLayers*c.depth)] != nil && c.depth < 10 {
		c.depth++
	}
	_, c.batchNorm = shapes["features.1.running_mean"]
	_, ok = convnetOf(c.name())
	return c, ok
}

// name is what convnetOf reads, the shortest.
func (c convnet) name() string {
	name := fmt.Sprintf("convnet%d", c.depth)
	if c.channels != convnetChannels {
		name += fmt.Sprintf("-w%d", c.channels)
	}
	if c.batchNorm {
		name += "-bn"
	}
	return name
}

func (c convnet) architecture(Spec) architecture {
	return architecture{
		forward:    c.forward,
		classifier: "classifier",
		init:       Uniform,
		size:       c.size,
		least:      1 << c.depth,
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
	if want := b.m.Spec.Size; x.Dim(1)>>c.depth != want>>c.depth || x.Dim(2)>>c.depth != want>>c.depth {
		return b.refuse(fmt.Errorf("images of %d x %d px: want %d px, which its classifier is made for", x.Dim(1), x.Dim(2), want))
	}
	for block := range c.depth {
		conv, norm := fmt.Sprintf("features.%d", convnetLayers*block), fmt.Sprintf("features.%d", convnetLayers*block+1)
		if c.batchNorm {
			x = b.convBias(conv, x, c.channels, 3, nn.ConvAttr{Padding: 1}, nn.None)
			x = b.norm(norm, x, nn.ReLU, nil)
		} else {
			x = b.idleBias(conv, x, c.channels, 3, nn.ConvAttr{Padding: 1})
			x = b.instanceNorm(norm, x)
		}
		x = nn.AvgPool(x, 2, 2, 0)
	}
	return b.classify(x, flatten(x))
}
