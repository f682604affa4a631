package nn

import "reta/compute/graph"

// scores are the sizes of a tensor of attention scores [items, tokens, heads,
// tokens], its last dimension filled up to the multiple of four that is width,
// and how many invocations share one of its rows.
type scores struct{ items, tokens, heads, width, lanes int }

func (s scores) rows() rows { return rows{n: s.items * s.tokens * s.heads, c: s.width} }

// softmax dispatches y = softmax(x + bias + mask) over the last dimension: bias
// [tokens, heads, width], mask [masks, tokens, width] for item i of a multiple
// of masks in the order i mod masks. Either may be nil.
func (s scores) softmax(l *graph.Lowering, x graph.Tensor, bias, mask *graph.Tensor, masks int, y graph.Tensor) {
	in := []graph.Tensor{x, x, x}
	for i, t := range []*graph.Tensor{bias, mask} {
		if t != nil {
			in[1+i] = t.Whole()
		}
	}
	r := s.rows()
	r.byLanes(l, s.lanes, "softmax", in, y, []uint32{flag(bias != nil), flag(mask != nil)},
		graph.Push{"n": s.tokens, "tokens": s.tokens, "heads": s.heads, "masks": max(masks, 1)})
}

// softmaxGrad dispatches dx from y = softmax(x) and dy.
func (s scores) softmaxGrad(l *graph.Lowering, y, dy, dx graph.Tensor) {
	s.rows().byLanes(l, s.lanes, "softmax_grad", []graph.Tensor{y, dy}, dx, nil, graph.Push{"n": s.tokens})
}
