package nn

import "reta/compute/graph"

// sumRows dispatches a reduction kernel whose slots leave planes sums for each
// channel, and adds the slots up: the node's output is [planes, C].
func sumRows(l *graph.Lowering, r rows, shader string, planes int, in []graph.Tensor, spec []uint32, push ...uint32) {
	var part graph.Tensor
	k, slots := r.reduction(l.Info(), shader, in, func(slots int) graph.Tensor {
		part = l.Scratch(slots * planes * 4 * r.quads())
		return part
	}, spec, push...)
	l.Dispatch(k)
	l.Dispatch(graph.Kernel{
		Shader: "columns",
		In:     []graph.Tensor{part},
		Out:    []graph.Tensor{l.Out()},
		Push:   []uint32{uint32(r.c), uint32(r.quads()), uint32(planes), uint32(slots)},
		Groups: [3]int{(planes*r.quads() + 3) / 4, 1, 1},
	})
}
