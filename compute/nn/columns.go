package nn

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// sumRows dispatches a reduction kernel whose slots leave planes sums for each
// channel, and adds the slots up: the node's output is [planes, C].
func sumRows(l *graph.Lowering, r rows, shader string, planes int, in []graph.Tensor, spec []uint32, push graph.Push) {
	part, _, slots := r.reduce(l, shader, planes, in, spec, push)
	finish(l, "columns", part, planes*r.quads(), graph.Push{"C": r.c, "quads": r.quads(), "planes": planes, "slots": slots})
}

// reduce dispatches a kernel that includes rows.glsl and leaves planes partial
// results for every slot, [slots, planes, quads] of vec4. It returns them, the
// rows of a slot and the number of slots.
func (r rows) reduce(l *graph.Lowering, shader string, planes int, in []graph.Tensor, spec []uint32, push graph.Push) (part graph.Tensor, per, slots int) {
	slots = max(1, min(reductionWidth(l.Info())/r.quads(), r.n/32))
	words := planes * 4 * r.quads()
	unit := lcm(words, l.Align()) / words // slots, so that parts end with whole ones
	for _, t := range in {
		if over := 4 * int64(t.Size()) / l.Info().Limits.StorageRange; over > 0 { // a part takes a unit of slots at least
			slots = max(slots, 2*unit*int(over+1))
		}
	}
	per = (r.n + slots - 1) / slots
	step := per * unit
	part, slots = partials(l, r.n, step, in, words, func(n int) int { return (n + per - 1) / per },
		func(n int, in []graph.Tensor, out graph.Tensor, _ int) {
			r.n = n
			l.Dispatch(r.kernel(shader, per, in, out, spec, push))
		})
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

// finish dispatches the kernel that joins partial results of width quads, as
// many as push["slots"], into the node's output: with many slots several lanes share a quad, with few
// one lane is faster than their barriers.
func finish(l *graph.Lowering, shader string, part graph.Tensor, width int, push graph.Push) {
	x, y := 8, 1
	switch slots := push["slots"].(int); {
	case slots > 1024 && l.Info().Kind != vk.CPU && l.Info().Limits.WorkgroupInvocations >= 256:
		x, y = 4, 64
	case slots > 64:
		x, y = 4, 16
	}
	l.Dispatch(graph.Kernel{
		Shader: shader,
		Spec:   []uint32{uint32(x), uint32(y)},
		In:     []graph.Tensor{part},
		Out:    []graph.Tensor{l.Out()},
		Push:   push,
		Groups: graph.Grid(width, x),
	})
}
