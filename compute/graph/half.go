package graph

import (
	"slices"

	"reta/compute/vk"
)

// gradientScale is what gradients are multiplied by on their way through a graph of fp16, whose smallest number is 2^-24:
// those of a mean over a batch are often less. It is a power of two, so it costs no digits, and GradFrom divides it out in
// float32 where gradients leave. The largest gradient that is not cut is then 16: kernels round what is over 65504 to that,
// so no sum meets an infinity.
const gradientScale = 1 << 12

// scale is what gradients of the graph are multiplied by.
func (g *Graph) scale() float64 {
	if g.Info().Precision == vk.FP16 {
		return gradientScale
	}
	return 1
}

// Unscaled is what is to be multiplied by a number, and that number, to be x: a gradient that GradFrom scales back where it leaves,
// or x itself and 1. An operation that reads x once can multiply on the way. Nothing is rounded.
func Unscaled(x *Node) (*Node, float64) {
	if x.op == scaleOp && x.attr == 1.0/gradientScale {
		return x.in[0], 1.0 / gradientScale
	}
	return x, 1
}

// halves are the tensors, by the node in whose memory they lie, that are stored in fp16: activations of images and their
// gradients, [N,H,W,C] of more than one pixel, that a run computes for itself, where all operations that touch one take it
// so. What is computed of them is float32 in every kernel. Only on a device of fp16, and not in an Exact graph.
func (g *Graph) halves(needed, static []bool, outputs []*Node, absorbed map[*Node]*absorption) map[*Node]bool {
	if g.Info().Precision != vk.FP16 {
		return nil
	}
	half := map[*Node]bool{}
	for id, n := range g.nodes {
		s := n.shape
		half[n] = needed[id] && !static[id] && n.op.Lower != nil && n.dtype == F32 && len(s) == 4 && s[1]*s[2] > 1
	}
	bar := func(n *Node) { half[root(n)] = false }
	for _, n := range outputs {
		bar(n)
	}
	for id, n := range g.nodes {
		if !needed[id] {
			continue
		}
		if n.full {
			bar(n)
		}
		if n.op.Lower == nil {
			continue
		}
		var takes []int
		if n.op.Halves != nil {
			takes = n.op.Halves(n)
		}
		for i, x := range n.in {
			if slices.Contains(takes, i) {
				continue
			}
			bar(x)
			if absorbed[x] != nil { // it is this node that reads those
				for _, x := range x.in {
					bar(x)
				}
			}
		}
		if !slices.Contains(takes, Result) {
			bar(n)
		}
	}
	return half
}
