package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// ForwardMasked is Forward with dropout and stochastic depth, in train mode,
// whose masks are drawn from masks, each under the names of network and layer:
// NETWORK/LAYER. Forward leaves both out.
func (m *Model) ForwardMasked(x *graph.Node, mode Mode, masks *nn.Masks) Output {
	b := &builder{m: m, g: x.Graph(), mode: mode}
	if mode == Train {
		b.masks = masks.Part(m.Name)
	}
	return b.forward(x)
}

// forward is the network's forward pass on x, where the network takes it.
func (b *builder) forward(x *graph.Node) Output {
	m := b.m
	if least := m.arch.least; x.Dim(1) < least || x.Dim(2) < least {
		return b.refuse(fmt.Errorf("images of %d x %d px: want at least %d px", x.Dim(1), x.Dim(2), least))
	}
	out := m.arch.forward(b, m.renormalised(x))
	out.BN, out.Conv = b.bn, b.convs
	return out
}

// dropout sets each element of x to zero with probability p in training, and
// divides the others by 1-p. The name is the layer's in torchvision.
func (b *builder) dropout(name string, x *graph.Node, p float64) *graph.Node {
	return nn.Dropout(x, b.masks, name, p)
}

// stochasticDepth is x + residual, in training with x left out for each image
// with probability p, and otherwise divided by 1-p. The name is that of the
// layers which x comes from: torchvision has one layer for all of a block.
func (b *builder) stochasticDepth(name string, x, residual *graph.Node, p float64) *graph.Node {
	return nn.StochasticDepth(x, residual, b.masks, name, p)
}
