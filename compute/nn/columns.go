package nn

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// sumRows dispatches a reduction kernel whose slots leave planes sums for each
// channel, and adds the slots up: the node's output is [planes, C].
func sumRows(l *graph.Lowering, r rows, shader string, planes int, in []graph.Tensor, spec []uint32, push ...uint32) {
	part, _, slots := r.reduce(l, shader, planes, in, spec, push...)
	finish(l, "columns", part, planes*r.quads(), slots, uint32(r.c), uint32(r.quads()), uint32(planes))
}

// reduce dispatches a kernel that includes rows.glsl and leaves planes partial
// results for every slot, [slots, planes, quads] of vec4. It returns them, the
// rows of a slot and the number of slots.
func (r rows) reduce(l *graph.Lowering, shader string, planes int, in []graph.Tensor, spec []uint32, push ...uint32) (part graph.Tensor, per, slots int) {
	slots = max(1, min(reductionWidth(l.Info())/r.quads(), r.n/32))
	per = (r.n + slots - 1) / slots
	slots = (r.n + per - 1) / per
	part = l.Scratch(slots * planes * 4 * r.quads())
	l.Dispatch(r.kernel(shader, per, in, part, spec, push))
	return part, per, slots
}

// reductionWidth is how many invocations a reduction is spread over. On a CPU a
// few dozen workgroups with long loops are best; a GPU wants many.
func reductionWidth(i vk.Info) int {
	if i.Kind == vk.CPU {
		return 1 << 11
	}
	return 1 << 16
}

// finish dispatches the kernel that joins slots partial results of width quads
// into the node's output: with many slots several lanes share a quad, with few
// one lane is faster than their barriers.
func finish(l *graph.Lowering, shader string, part graph.Tensor, width, slots int, push ...uint32) {
	x, y := 8, 1
	if slots > 64 {
		x, y = 4, 16
	}
	l.Dispatch(graph.Kernel{
		Shader: shader,
		Spec:   []uint32{uint32(x), uint32(y)},
		In:     []graph.Tensor{part},
		Out:    []graph.Tensor{l.Out()},
		Push:   append(push, uint32(slots)),
		Groups: graph.Grid(width, x),
	})
}
