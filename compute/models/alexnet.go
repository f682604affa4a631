package models

import (
	"reta/compute/graph"
	"reta/compute/nn"
)

// AlexNet (Krizhevsky 2014, one tower) as in torchvision: it has no batch norm,
// so its L_BN is zero, and its features are the 4096 before the last layer.
// There is no form for small images; they need 63 px.
func init() { register("alexnet", alexnet{hidden: 4096}.architecture) }

type alexnet struct{ hidden int } // outputs of the first two linear layers

func (a alexnet) architecture(Spec) architecture {
	return architecture{forward: a.forward, classifier: "classifier.6", stem: ImageNet, least: 63}
}

func (a alexnet) forward(b *builder, x *graph.Node) Output {
	const side, rate = 6, 0.5
	x = b.convBias("features.0", x, 64, 11, nn.ConvAttr{Stride: 4, Padding: 2}, nn.ReLU)
	x = b.convBias("features.3", nn.MaxPool(x, 3, 2, 0), 192, 5, nn.ConvAttr{Padding: 2}, nn.ReLU)
	x = b.convBias("features.6", nn.MaxPool(x, 3, 2, 0), 384, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	x = b.convBias("features.8", x, 256, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	x = b.convBias("features.10", x, 256, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	last := nn.AdaptiveAvgPool(nn.MaxPool(x, 3, 2, 0), side, side)
	x = flatten(last)
	x = b.linear("classifier.1", b.dropout("classifier.0", x, rate), a.hidden, nn.ReLU)
	x = b.linear("classifier.4", b.dropout("classifier.3", x, rate), a.hidden, nn.ReLU)
	return b.classify(last, x)
}

// flatten is x [N,H,W,C] as [N,C*H*W], channel by channel, as PyTorch's flatten
// of its own layout leaves it.
func flatten(x *graph.Node) *graph.Node {
	pixels := x.Dim(1) * x.Dim(2)
	return nn.ChannelShuffle(graph.Reshape(x, x.Dim(0), pixels*x.Dim(3)), pixels)
}
