package models

import (
	"math"
	"runtime"
	"sync"

	"reta/compute/graph"
	"reta/compute/nn"
)

// builder is one forward pass in the making. Its methods take torchvision's
// parameter prefix ("layer1.0.conv1") and make the parameters at first use.
type builder struct {
	m    *Model
	g    *graph.Graph
	mode Mode
	bn   []BNLayer
}

// conv is a convolution without bias, drawn as Spec.Init says.
func (b *builder) conv(name string, x *graph.Node, cout, k int, a nn.ConvAttr) (y *graph.Node) {
	b.g.Scope(name, func() {
		groups := max(a.Groups, 1)
		in, out := x.Dim(-1)/groups, cout/groups
		init := normal(math.Sqrt(2 / float64(k*k*out)))
		if b.m.Spec.Init == Uniform {
			init = uniform(1 / math.Sqrt(float64(k*k*in)))
		}
		w := b.param(name+".weight", init, cout, in, k, k)
		y = nn.Conv2d(x, w, a)
	})
	return y
}

// biasedConv is a convolution that has a bias in PyTorch and is followed by an
// instance norm, which takes the bias away again: it is drawn, read and written,
// but never computed with, and its gradient is zero.
func (b *builder) biasedConv(name string, x *graph.Node, cout, k int, a nn.ConvAttr) *graph.Node {
	y := b.conv(name, x, cout, k, a)
	b.param(name+".bias", uniform(1/math.Sqrt(float64(k*k*x.Dim(-1)/max(a.Groups, 1)))), cout)
	b.m.idle[name+".bias"] = true
	return y
}

// norm is a batch normalisation, with an activation and the block's shortcut
// fused where given: act(bn(x) + residual).
func (b *builder) norm(name string, x *graph.Node, act nn.Activation, residual *graph.Node) (y *graph.Node) {
	b.g.Scope(name, func() {
		c := x.Dim(-1)
		gamma := b.param(name+".weight", constant(1), c)
		beta := b.param(name+".bias", constant(0), c)
		mean := b.param(name+".running_mean", constant(0), c)
		variance := b.param(name+".running_var", constant(1), c)
		l := BNLayer{
			Name: name, Mean: mean, Var: variance, Count: x.Size() / c,
			Stats:   nn.ChannelStats(x),
			Running: nn.Stack(mean, variance),
		}
		stats := l.Running
		if b.mode == Train {
			stats = l.Stats
		}
		b.bn = append(b.bn, l)
		y = nn.BatchNorm(x, gamma, beta, stats, nn.NormAttr{Eps: 1e-5, Act: act}, residual)
	})
	return y
}

// instanceNorm is an instance normalisation, with ReLU.
func (b *builder) instanceNorm(name string, x *graph.Node) (y *graph.Node) {
	b.g.Scope(name, func() {
		gamma := b.param(name+".weight", constant(1), x.Dim(-1))
		beta := b.param(name+".bias", constant(0), x.Dim(-1))
		y = nn.InstanceNorm(x, gamma, beta, nn.NormAttr{Eps: 1e-5, Act: nn.ReLU})
	})
	return y
}

// linear is a fully connected layer with bias, drawn as torch.nn.Linear.
func (b *builder) linear(name string, x *graph.Node, out int) (y *graph.Node) {
	b.g.Scope(name, func() {
		bound := 1 / math.Sqrt(float64(x.Dim(-1)))
		w := b.param(name+".weight", uniform(bound), out, x.Dim(-1))
		bias := b.param(name+".bias", uniform(bound), out)
		y = nn.Linear(x, w, bias, nn.None)
	})
	return y
}

// draw is an initial value: element i of a parameter's random stream.
type draw func(r nn.RNG, stream uint32, i uint64) float64

func constant(v float64) draw { return func(nn.RNG, uint32, uint64) float64 { return v } }

func normal(std float64) draw {
	return func(r nn.RNG, s uint32, i uint64) float64 { return std * r.Normal(s, i) }
}

func uniform(bound float64) draw {
	return func(r nn.RNG, s uint32, i uint64) float64 { return r.Between(s, i, -bound, bound) }
}

// param is the model's variable of that name, made at first use, with init as
// its first values.
func (b *builder) param(name string, init draw, shape ...int) *graph.Node {
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

// draw gives every parameter its first values.
func (m *Model) draw() error {
	rng := nn.RNG{Seed: m.Spec.Seed}
	for k, v := range m.params {
		data := make([]float32, v.Shape().Size())
		init, of := m.inits[k], stream(v.Name())
		part := (len(data) + runtime.NumCPU() - 1) / runtime.NumCPU()
		var work sync.WaitGroup
		for at := 0; at < len(data); at += part {
			work.Go(func() {
				for i := at; i < min(at+part, len(data)); i++ {
					data[i] = float32(init(rng, of, uint64(i)))
				}
			})
		}
		work.Wait()
		if err := v.Write(data); err != nil {
			return err
		}
	}
	return nil
}
