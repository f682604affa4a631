package graph

import (
	"fmt"
	"slices"

	"reta/compute/vk"
)

const (
	slabWords    = 1 << 28 // 1 GiB
	hostOutBytes = 1 << 20 // smaller outputs live in host-visible memory
)

// layout is a program before it has memory: its dispatches, and how much
// memory each of its tensors will take and where.
type layout struct {
	stores        map[*Node]*store
	frozen        []*Variable
	static        []bool      // by node: depends on frozen variables alone
	own           []placement // stores with a buffer of their own
	prepare, step part
	words, slab   int // of the arena that both parts use in turn; it is cut into buffers of slab words
}

// placement is a store and the kind of memory it gets.
type placement struct {
	store *store
	kind  vk.Kind
	lane  bool // once for each run on its way
	input bool
}

// part is a list of dispatches and the stores that live between them only, in
// the arena.
type part struct {
	dispatches []dispatch
	free       []*store
}

// layout lowers what the outputs need, for a program that compiles or to know
// its size.
func (g *Graph) layout(outputs []*Node, compiles, separate bool) (*layout, error) {
	if g.err != nil {
		return nil, g.err
	}
	needed := g.needed(outputs)
	var absorbed map[*Node]*absorption
	if !separate {
		absorbed = g.absorb(outputs, needed)
	}
	order := g.order(needed, absorbed)
	needed = g.needed(order)
	l := &layout{stores: map[*Node]*store{}, static: g.static(needed)}
	low := &Lowering{g: g, stores: l.stores, compiles: compiles, halves: g.halves(needed, l.static, outputs, absorbed), absorbed: absorbed}
	if !separate {
		low.readers = map[*Node][]*Node{}
		for _, n := range order {
			for _, x := range n.in {
				low.readers[x] = append(low.readers[x], n)
			}
		}
	}
	own := func(s *store, p placement) {
		if !s.own {
			s.own, p.store = true, s
			l.own = append(l.own, p)
		}
	}
	var once, each []*Node
	for _, n := range order {
		id := n.id
		for _, i := range n.op.Updates {
			if v := n.in[i].variable; v == nil || v.frozen {
				return nil, fmt.Errorf("%v updates %v: want a variable that is not frozen", n, n.in[i])
			}
		}
		if n.op.InPlace && l.static[n.in[0].id] && !l.static[id] {
			return nil, fmt.Errorf("%v changes %v, which is computed once: want an input that each run computes", n, n.in[0])
		}
		if absorbed[n] != nil {
			continue
		}
		s := low.tensor(n).store
		switch {
		case n.op == variableOp:
			if s.own = true; n.variable.buf != nil { // one of no device has a shape only
				s.rng = n.variable.buf.Slice(0, n.variable.buf.Bytes())
			}
			if n.variable.frozen {
				l.frozen = append(l.frozen, n.variable)
			}
		case n.op == inputOp:
			own(s, placement{kind: vk.Host, lane: true, input: true})
		case l.static[id] && n.op != reshapeOp:
			own(s, placement{kind: vk.DeviceLocal})
			once = append(once, n)
		case n.op != reshapeOp:
			each = append(each, n)
		}
	}
	for _, n := range outputs {
		kind := vk.DeviceLocal
		if 4*n.Size() <= hostOutBytes {
			kind = vk.Host
		}
		own(low.tensor(n).store, placement{kind: kind, lane: true})
	}
	var err error
	if l.prepare, err = low.lower(once); err == nil {
		l.step, err = low.lower(each)
	}
	if err != nil {
		return nil, err
	}
	l.slab = slabWords
	for _, s := range slices.Concat(l.prepare.free, l.step.free) {
		l.slab = max(l.slab, (s.words+align-1)/align*align)
	}
	l.words = max(plan(l.prepare.free, l.slab), plan(l.step.free, l.slab))
	return l, nil
}

// order are the needed nodes as they are computed: as they were added, and what the readers of absorbed nodes need in the
// place of these.
func (g *Graph) order(needed []bool, absorbed map[*Node]*absorption) (order []*Node) {
	placed := map[*Node]bool{nil: true}
	for id, need := range needed {
		n := g.nodes[id]
		if !need {
			continue
		}
		if a := absorbed[n]; a != nil {
			for _, w := range a.with {
				if !placed[w] {
					placed[w] = true
					order = append(order, w)
				}
			}
		}
		if !placed[n] {
			placed[n] = true
			order = append(order, n)
		}
	}
	return order
}

// needed marks what the outputs depend on.
func (g *Graph) needed(outputs []*Node) []bool {
	mark := make([]bool, len(g.nodes))
	for _, n := range outputs {
		mark[n.id] = true
	}
	for id := len(g.nodes) - 1; id >= 0; id-- {
		if mark[id] {
			for _, x := range g.nodes[id].in {
				mark[x.id] = true
			}
		}
	}
	return mark
}

// static marks the needed nodes that depend on frozen variables alone.
func (g *Graph) static(needed []bool) []bool {
	mark := make([]bool, len(g.nodes))
	for id, n := range g.nodes {
		if !needed[id] {
			continue
		}
		if n.variable != nil {
			mark[id] = n.variable.frozen
			continue
		}
		mark[id] = len(n.in) > 0 && len(n.op.Updates) == 0
		for _, x := range n.in {
			mark[id] = mark[id] && mark[x.id]
		}
	}
	return mark
}
