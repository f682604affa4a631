package nn

import (
	"maps"

	"reta/compute/graph"
)

// rows launches kernels that include rows.glsl: a tensor seen as n rows of c
// channels. Where it is part of a wider tensor, shifted says that those rows do
// not start on a vec4.
type rows struct {
	n, c    int
	shifted bool
}

// rowsOf sees x as rows of its last dimension.
func rowsOf(x *graph.Node) rows {
	c := x.Dim(-1)
	return rows{n: x.Size() / c, c: c}
}

// quads is the number of vec4 that hold one row's channels.
func (r rows) quads() int { return (r.c + 3) / 4 }

// whole is the specialisation constant that says whether rows start on a vec4.
func (r rows) whole() uint32 { return flag(r.c%4 == 0 && !r.shifted) }

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// rowsPerSlot is how many rows an invocation of an elementwise kernel takes.
const rowsPerSlot = 8

// elementwise dispatches a kernel that reads and writes rows one by one. Spec
// follows the constant WHOLE; push are those beside the members of Rows. Inputs
// that have no row for each of the output are marked Whole.
func (r rows) elementwise(l *graph.Lowering, shader string, in []graph.Tensor, spec []uint32, push graph.Push) {
	for n, t := range l.Parts(r.n, 1, append(in, l.Out())) {
		r.n = n
		l.Dispatch(r.kernel(shader, rowsPerSlot, t[:len(in)], t[len(in)], spec, push))
	}
}

func (r rows) kernel(shader string, per int, in []graph.Tensor, out graph.Tensor, spec []uint32, push graph.Push) graph.Kernel {
	slots := (r.n + per - 1) / per
	return graph.Kernel{
		Shader: shader,
		Spec:   append([]uint32{r.whole()}, spec...),
		Push:   merge(graph.Push{"rows": r.n, "C": r.c, "quads": r.quads(), "per": per, "slots": slots}, push),
		In:     in,
		Out:    []graph.Tensor{out},
		Groups: graph.Grid(slots*r.quads(), 64),

		Touched: r.n * r.c, // of a slab only these channels
	}
}

// merge adds more push constants to a list.
func merge(list, more graph.Push) graph.Push {
	maps.Copy(list, more)
	return list
}
