package models

import (
	"math"
	"runtime"
	"sync"

	"reta/compute/nn"
)

// draw is an initial value: element i of a parameter's random stream.
type draw func(r nn.RNG, stream uint32, i uint64) float64

func constant(v float64) draw { return func(nn.RNG, uint32, uint64) float64 { return v } }

func normal(std float64) draw {
	return func(r nn.RNG, s uint32, i uint64) float64 { return std * r.Normal(s, i) }
}

func uniform(bound float64) draw {
	return func(r nn.RNG, s uint32, i uint64) float64 { return r.Between(s, i, -bound, bound) }
}

// initial is how a network's weights are drawn. Fan-in and fan-out are counted
// as PyTorch counts them: a weight [out, in/groups, h, w] has h w in/groups and
// h w out. What is nil is drawn as PyTorch's own layers are.
type initial struct {
	conv   func(fanIn, fanOut int) draw
	linear func(in, out int) draw
	bias   func(fanIn int) draw // of both
}

// Weights of He et al. 2015, for a ReLU: keeping the variance of the forward
// pass (PyTorch's kaiming_normal_ by fan_in), or of the gradient (by fan_out).
func heFanIn(fanIn, _ int) draw   { return normal(math.Sqrt(2 / float64(fanIn))) }
func heFanOut(_, fanOut int) draw { return normal(math.Sqrt(2 / float64(fanOut))) }

func zero(int) draw { return constant(0) }

// byFanIn is the default of torch.nn.Conv2d and torch.nn.Linear, weights and
// biases alike.
func byFanIn(fanIn int) draw { return uniform(1 / math.Sqrt(float64(fanIn))) }

// initial is how this network's weights are drawn, as Spec.Init says.
func (b *builder) initial() initial {
	var i initial
	if b.m.Spec.Init == He {
		i = b.m.arch.initial
	}
	if i.conv == nil {
		i.conv = func(fanIn, _ int) draw { return byFanIn(fanIn) }
	}
	if i.linear == nil {
		i.linear = func(in, _ int) draw { return byFanIn(in) }
	}
	if i.bias == nil {
		i.bias = byFanIn
	}
	return i
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
