package graph

import (
	"fmt"
	"slices"
)

// Grad adds the backward pass of a scalar loss and returns its gradient with
// respect to each of wrt, in their shapes. A node the loss does not depend on
// has a nil gradient.
func (g *Graph) Grad(loss *Node, wrt ...*Node) []*Node {
	if loss.Size() != 1 {
		g.fail(loss, fmt.Errorf("gradient of %v: want a scalar; use GradFrom", loss.shape))
		return make([]*Node, len(wrt))
	}
	return g.GradFrom(loss, g.Const("one", []float32{1}, loss.shape...), wrt...)
}

// GradFrom is the vector-Jacobian product: given dy, the gradient of some
// scalar with respect to y, it returns that scalar's gradient with respect to
// each of wrt.
//
// Nodes are visited newest first, so a node's gradient is complete (the sum
// over all its uses) before it is sent on. Only the paths that lead to wrt are
// followed. In a graph of fp16 gradients are scaled on the way (see gradientScale).
func (g *Graph) GradFrom(y, dy *Node, wrt ...*Node) []*Node {
	out := make([]*Node, len(wrt))
	if g.err != nil {
		return out
	}
	if !dy.shape.Equal(y.shape) {
		g.fail(y, fmt.Errorf("gradient has shape %v, want %v", dy.shape, y.shape))
		return out
	}
	scale := g.scale()
	if scale != 1 {
		dy = Scale(dy, scale)
	}
	// sum adds the gradients of n up. Those that leave are float32, and so is what they are sums of.
	sum := func(n *Node, parts []*Node) *Node {
		from := len(g.nodes)
		s := accumulate(parts)
		if slices.Contains(wrt, n) {
			for _, p := range slices.Concat(parts, g.nodes[from:]) {
				p.full = true
			}
		}
		return s
	}
	wanted := g.dependents(wrt, y.id)
	parts := map[*Node][]*Node{y: {dy}}
	for id := y.id; id >= 0; id-- {
		n := g.nodes[id]
		if len(parts[n]) == 0 || !wanted[id] {
			continue
		}
		dn := sum(n, parts[n])
		parts[n] = []*Node{dn}
		if n.op.Grad == nil {
			continue
		}
		in := n.op.Grad(n, dn)
		for i, d := range in {
			if d == nil || !wanted[n.in[i].id] {
				continue
			}
			if g.err == nil && !d.shape.Equal(n.in[i].shape) {
				g.fail(n, fmt.Errorf("gradient of input %d has shape %v, want %v", i, d.shape, n.in[i].shape))
			}
			parts[n.in[i]] = append(parts[n.in[i]], d)
		}
	}
	for i, w := range wrt {
		if p := parts[w]; len(p) > 0 {
			if out[i] = sum(w, p); scale != 1 {
				out[i] = Scale(out[i], 1/scale)
			}
		}
	}
	return out
}

// dependents marks the nodes up to last that depend on any of roots, roots
// included.
func (g *Graph) dependents(roots []*Node, last int) []bool {
	mark := make([]bool, last+1)
	for _, r := range roots {
		if r.id <= last {
			mark[r.id] = true
		}
	}
	for id, n := range g.nodes[:last+1] {
		for _, x := range n.in {
			mark[id] = mark[id] || mark[x.id]
		}
	}
	return mark
}

// accumulate sums gradients that meet in one tensor, folding into one pass
// those whose operation can add itself to a base.
func accumulate(parts []*Node) *Node {
	var sum *Node
	var fused []*Node
	for _, p := range parts {
		switch {
		case p.op.Accumulate != nil:
			fused = append(fused, p)
		case sum == nil:
			sum = p
		default:
			sum = Add(sum, p)
		}
	}
	for _, p := range fused {
		if sum == nil {
			sum = p
		} else {
			sum = p.op.Accumulate(p, sum)
		}
	}
	return sum
}
