package models

import (
	"reta/compute/graph"
	"reta/compute/nn"
)

// AlexNet (Krizhevsky 2014, one tower) as in torchvision: it has no batch norm,
// so its L_BN is zero, and its features are the 4096 before the last layer.
// There is no form for small images; they need 63 px.
func init() {
	register("alexnet", func(Spec) architecture {
		return architecture{forward: alexNet, classifier: "classifier.6", stem: ImageNet, least: 63}
	})
}

func alexNet(b *builder, x *graph.Node) Output {
	const side, hidden, rate = 6, 4096, 0.5
	x = b.convBias("features.0", x, 64, 11, nn.ConvAttr{Stride: 4, Padding: 2}, nn.ReLU)
	x = b.convBias("features.3", nn.MaxPool(x, 3, 2, 0), 192, 5, nn.ConvAttr{Padding: 2}, nn.ReLU)
	x = b.convBias("features.6", nn.MaxPool(x, 3, 2, 0), 384, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	x = b.convBias("features.8", x, 256, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	x = b.convBias("features.10", x, 256, 3, nn.ConvAttr{Padding: 1}, nn.ReLU)
	x = flatten(resample(nn.MaxPool(x, 3, 2, 0), side))
	x = b.linear("classifier.1", b.dropout(x, rate), hidden, nn.ReLU)
	x = b.linear("classifier.4", b.dropout(x, rate), hidden, nn.ReLU)
	return b.classify(x)
}

// flatten is x [N,H,W,C] as [N,C*H*W], channel by channel, as PyTorch's flatten
// of its own layout leaves it.
func flatten(x *graph.Node) *graph.Node {
	pixels := x.Dim(1) * x.Dim(2)
	return nn.ChannelShuffle(graph.Reshape(x, x.Dim(0), pixels*x.Dim(3)), pixels)
}

// resample is torch's adaptive average pooling of x [N,H,W,C] to side x side:
// pixel i of a line of n is the mean of pixels floor(i n/side) to ceil((i+1)
// n/side)-1. It is a product with a constant matrix where it is not x itself.
func resample(x *graph.Node, side int) *graph.Node {
	n, h, w, c := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	if h == side && w == side {
		return x
	}
	means := make([]float32, side*side*h*w)
	for i := range side {
		top, bottom := i*h/side, ((i+1)*h+side-1)/side
		for j := range side {
			left, right := j*w/side, ((j+1)*w+side-1)/side
			for y := top; y < bottom; y++ {
				for x := left; x < right; x++ {
					means[((i*side+j)*h+y)*w+x] = 1 / float32((bottom-top)*(right-left))
				}
			}
		}
	}
	rows := graph.Reshape(flatten(x), n*c, h*w)
	rows = nn.Linear(rows, x.Graph().Const("means", means, side*side, h*w), nil, nn.None)
	return graph.Reshape(nn.ChannelShuffle(graph.Reshape(rows, n, c*side*side), c), n, side, side, c)
}
