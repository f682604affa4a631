package models

import (
	"reta/compute/graph"
	"reta/compute/nn"
)

// builder is one forward pass in the making. Its methods take torchvision's
// parameter prefix ("layer1.0.conv1") and make the parameters at first use.
type builder struct {
	m     *Model
	g     *graph.Graph
	mode  Mode
	masks *nn.Masks // of dropout and stochastic depth; nil: neither
	at    *Point    // where the weights are, if not where the model has them
	bn    []BNLayer
	convs []ConvLayer
}

// refuse is the output of a network that does not take its input.
func (b *builder) refuse(err error) Output {
	n := b.g.Poison(b.m.Name, err)
	return Output{Map: n, Features: n, Logits: n}
}

// conv is a convolution without bias.
func (b *builder) conv(name string, x *graph.Node, cout, k int, a nn.ConvAttr) (y *graph.Node) {
	b.g.Scope(name, func() {
		in := x.Dim(-1) / max(a.Groups, 1)
		w := b.param(name+".weight", b.initial().conv(k*k*in, k*k*cout), cout, in, k, k)
		b.convs = append(b.convs, ConvLayer{name, x})
		y = nn.Conv2d(x, w, a)
	})
	return y
}

// convBias is a convolution with bias, then an activation.
func (b *builder) convBias(name string, x *graph.Node, cout, k int, a nn.ConvAttr, act nn.Activation) *graph.Node {
	y := b.conv(name, x, cout, k, a)
	return nn.Bias(y, b.bias(name, x, cout, k, a), act)
}

// idleBias is a convolution that has a bias in PyTorch and is followed by an
// instance norm, which takes the bias away again: it is drawn, read and written,
// but never computed with, and its gradient is zero.
func (b *builder) idleBias(name string, x *graph.Node, cout, k int, a nn.ConvAttr) *graph.Node {
	y := b.conv(name, x, cout, k, a)
	b.bias(name, x, cout, k, a)
	b.m.idle[name+".bias"] = true
	return y
}

// bias is a convolution's bias.
func (b *builder) bias(name string, x *graph.Node, cout, k int, a nn.ConvAttr) *graph.Node {
	return b.param(name+".bias", b.initial().bias(k*k*x.Dim(-1)/max(a.Groups, 1)), cout)
}

// norm is a batch normalisation, with the activation and the block's shortcut
// fused where given: act(bn(x) + residual).
func (b *builder) norm(name string, x *graph.Node, act nn.Activation, residual *graph.Node) *graph.Node {
	return b.normalised(name, x, x.Dim(-1), x.Size()/x.Dim(-1), act, func() *graph.Node { return nn.ChannelStats(x) },
		func(gamma, beta, stats *graph.Node, a nn.NormAttr) *graph.Node {
			return nn.BatchNorm(x, gamma, beta, stats, a, residual)
		})
}

// slabNorm is norm of the channels that a slab [N,H,W,...] of images of so many
// pixels in all has so far.
func (b *builder) slabNorm(name string, s *nn.Slab, pixels int, act nn.Activation) *graph.Node {
	return b.normalised(name, nil, s.Channels(), pixels, act, s.Stats, s.BatchNorm)
}

// normalised is a batch normalisation of c channels of count elements each, of x where they are one tensor.
func (b *builder) normalised(name string, x *graph.Node, c, count int, act nn.Activation, of func() *graph.Node,
	norm func(gamma, beta, stats *graph.Node, a nn.NormAttr) *graph.Node) (y *graph.Node) {
	b.g.Scope(name, func() {
		gamma := b.param(name+".weight", constant(1), c)
		beta := b.param(name+".bias", constant(0), c)
		mean := b.param(name+".running_mean", constant(0), c)
		variance := b.param(name+".running_var", constant(1), c)
		l := BNLayer{
			Name: name, Input: x, Mean: mean, Var: variance, Momentum: b.m.arch.momentum, Count: count,
			Stats:   of(),
			Running: nn.Stack(mean, variance),
		}
		stats := l.Running
		if b.mode == Train {
			stats = l.Stats
		}
		b.bn = append(b.bn, l)
		y = b.kink(act, func(act nn.Activation) *graph.Node {
			return norm(gamma, beta, stats, nn.NormAttr{Eps: b.m.arch.eps, Act: act})
		})
	})
	return y
}

// instanceNorm is an instance normalisation, with ReLU.
func (b *builder) instanceNorm(name string, x *graph.Node) (y *graph.Node) {
	b.g.Scope(name, func() {
		gamma := b.param(name+".weight", constant(1), x.Dim(-1))
		beta := b.param(name+".bias", constant(0), x.Dim(-1))
		y = b.kink(nn.ReLU, func(act nn.Activation) *graph.Node {
			return nn.InstanceNorm(x, gamma, beta, nn.NormAttr{Eps: b.m.arch.eps, Act: act})
		})
	})
	return y
}

// linear is a fully connected layer with bias, then an activation.
func (b *builder) linear(name string, x *graph.Node, out int, act nn.Activation) (y *graph.Node) {
	b.g.Scope(name, func() {
		in := x.Dim(-1)
		w := b.param(name+".weight", b.initial().linear(in, out), out, in)
		bias := b.param(name+".bias", b.initial().bias(in), out)
		y = nn.Linear(x, w, bias, act)
	})
	return y
}

// classify is the end of a network: the last feature map, the features made of
// it and, of them, the classifier's logits.
func (b *builder) classify(last, features *graph.Node) Output {
	return Output{Map: last, Features: features, Logits: b.linear(b.m.arch.classifier, features, b.m.Spec.Classes, nn.None)}
}

// param is the model's variable of that name, made at first use, with init as
// its first values.
func (b *builder) param(name string, init draw, shape ...int) *graph.Node {
	if w := b.at.weight(name); w != nil {
		return w
	}
	if v := b.m.byName[name]; v != nil {
		return b.g.Variable(v)
	}
	v, err := graph.NewVariable(b.m.dev, name, graph.F32, b.m.Spec.Frozen, shape...)
	if err != nil {
		return b.g.Poison(name, err)
	}
	b.m.params = append(b.m.params, v)
	b.m.inits = append(b.m.inits, init)
	b.m.byName[name] = v
	return b.g.Variable(v)
}

// stemStride is the stride of the first convolution of a network for small images.
func stemStride(halve bool) int {
	if halve {
		return 2
	}
	return 1
}
