package nn

import (
	"reta/compute/graph"
	"reta/compute/vk"
)

// lanesFor is how many invocations share a row in the kernels that include
// lanes.glsl. On a CPU barriers cost more than lanes bring.
func lanesFor(i vk.Info) int {
	if i.Kind == vk.CPU {
		return 1
	}
	return 8
}

// byLanes dispatches a kernel that includes lanes.glsl over the rows of the
// output. Spec follows the constants LANES and ROWS; push are those beside
// rows, C and quads. Inputs that have no row for each of the output are marked
// Whole.
func (r rows) byLanes(l *graph.Lowering, lanes int, shader string, in []graph.Tensor, out graph.Tensor, spec []uint32, push graph.Push) {
	const invocations = 64 // of a workgroup
	for n, t := range l.Parts(r.n, 1, append(in, out)) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   append([]uint32{r.whole(), uint32(lanes), uint32(invocations / lanes)}, spec...),
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push:   merge(graph.Push{"rows": n, "quads": r.quads()}, push),
			Groups: graph.Grid(n, invocations/lanes),
		})
	}
}
