package nn

import (
	"fmt"
	"math"

	"reta/compute/graph"
)

// Hyper are the numbers of one optimiser step. The device reads them from an
// Input of HyperWords elements, so that a schedule changes nothing recorded.
type Hyper struct {
	LR          float64
	Beta1       float64 // Adam's first decay rate; SGD's momentum
	Beta2       float64 // Adam's second decay rate
	Eps         float64 // Adam's, added to the root of the second moment
	WeightDecay float64
	Nesterov    bool // SGD's
}

// HyperWords is the length of a Hyper on the device.
const HyperWords = 8

// At is the device's form at step t, counted from 1: lr, beta1, beta2, eps,
// weight decay, 1-beta1^t, 1-beta2^t, nesterov.
func (h Hyper) At(t int) []float32 {
	return []float32{
		float32(h.LR), float32(h.Beta1), float32(h.Beta2), float32(h.Eps), float32(h.WeightDecay),
		float32(1 - math.Pow(h.Beta1, float64(t))), float32(1 - math.Pow(h.Beta2, float64(t))), float32(flag(h.Nesterov)),
	}
}

// updateInfer is the Infer of optimiser steps: w, grad, the moments, all of one
// shape, and hyper last. The result stands for the update and has no content.
func updateInfer(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
	last := len(in) - 1
	if err := checkHyper(in[last]); err != nil {
		return nil, 0, err
	}
	if _, _, err := graph.SameShape(nil, in[:last]); err != nil {
		return nil, 0, err
	}
	return graph.Shape{1}, graph.F32, nil
}

func checkHyper(n *graph.Node) error {
	if n.DType() != graph.F32 || !n.Shape().Equal(graph.Shape{HyperWords}) {
		return fmt.Errorf("hyper is %v %v, want f32 [%d]", n.DType(), n.Shape(), HyperWords)
	}
	return nil
}

// lowerUpdate dispatches an element-wise kernel that updates w: the second input
// (grad) and the last (hyper) are read, w and the moments between are written.
func lowerUpdate(l *graph.Lowering, n *graph.Node, shader string) {
	last := len(n.In()) - 1
	out := []graph.Tensor{l.In(0)}
	for i := 2; i < last; i++ {
		out = append(out, l.In(i))
	}
	size := n.In()[0].Size()
	l.Dispatch(scaled(n, graph.Kernel{
		Shader: shader,
		In:     []graph.Tensor{l.In(1), l.In(last)},
		Out:    out,
		Push:   graph.Push{"n": size},
		Groups: graph.Elementwise(size),
	}))
}

// scaled is the kernel of an optimiser step n that multiplies the gradient by the
// attribute of n as it reads it.
func scaled(n *graph.Node, k graph.Kernel) graph.Kernel {
	if s := n.Attr().(float64); s != 1 {
		k.Shader += "_scaled"
		k.Push["scale"] = s
	}
	return k
}
