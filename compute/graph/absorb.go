package graph

import "slices"

// absorption is an operation that another one's kernels do on the way, so that its result is never stored.
type absorption struct {
	readers []reading
	with    []*Node // what each reader needs beside the inputs, or nil
}

// reading is an input of a node.
type reading struct {
	reader *Node
	i      int
}

// absorb finds the nodes whose every reader can do their work on the way (see Op.Absorb), and adds what readers need for that to the
// graph. Nothing that leaves the program is absorbed, nor what reads an absorbed node or is read by one that was absorbed itself.
func (g *Graph) absorb(outputs []*Node, needed []bool) map[*Node]*absorption {
	readers := map[*Node][]reading{}
	for id, n := range g.nodes {
		if !needed[id] {
			continue
		}
		for i, x := range n.in {
			readers[x] = append(readers[x], reading{n, i})
		}
	}
	absorbed := map[*Node]*absorption{}
	reads := func(n *Node) bool { // something absorbed
		return slices.ContainsFunc(n.in, func(x *Node) bool { return absorbed[x] != nil })
	}
	for id, n := range g.nodes[:len(needed)] {
		if !needed[id] || n.op.Lower == nil || n.op.InPlace || len(n.op.Updates) > 0 || len(readers[n]) == 0 || slices.Contains(outputs, n) || reads(n) {
			continue
		}
		a := &absorption{readers: readers[n]}
		for _, r := range a.readers {
			if r.reader.op.Absorb == nil {
				break
			}
			with, ok := r.reader.op.Absorb(r.reader, r.i)
			if !ok {
				break
			}
			a.with = append(a.with, with)
		}
		if len(a.with) == len(a.readers) {
			absorbed[n] = a
		}
	}
	return absorbed
}

// Absorbed is the node that makes the input i where this node's kernels do its work on the way, with what Op.Absorb
// said is needed for that, if anything; nil where the input is a tensor.
func (l *Lowering) Absorbed(i int) (n *Node, with Tensor) {
	n = l.node.in[i]
	a := l.absorbed[n]
	if a == nil {
		return nil, Tensor{}
	}
	if w := a.with[slices.Index(a.readers, reading{l.node, i})]; w != nil {
		with = l.tensor(w)
	}
	return n, with
}

// Reader is the node that op makes of the one lowered now, if there is such a node: kernels may begin its work on the way, and
// Leave it what they made.
func (l *Lowering) Reader(op *Op) *Node {
	for _, r := range l.readers[l.node] {
		if r.op == op {
			return r
		}
	}
	return nil
}

// Leave keeps something for a node that is lowered later.
func (l *Lowering) Leave(reader *Node, what any) {
	if l.left == nil {
		l.left = map[*Node]any{}
	}
	l.left[reader] = what
}

// Left is what was left for the node lowered now, or nil.
func (l *Lowering) Left() any { return l.left[l.node] }

// Of is the tensor of an input of an absorbed node.
func (l *Lowering) Of(n *Node) Tensor { return l.tensor(n) }
