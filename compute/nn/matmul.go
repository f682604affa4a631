package nn

import "reta/compute/graph"

// matrices says where the matrices of an operand lie in a tensor [items, rows,
// width]: every item has one for each head, of all rows, and that of head h
// begins at column from + h*head. All are multiples of four but rows.
type matrices struct{ rows, width, from, head int }

// matProduct is one dispatch of matmul.comp: for items times heads products y =
// scale op(a) op(b), y [m,n], of inner size k. op transposes where transposeA
// or transposeB says so; a transposed b has a k that is a multiple of four.
type matProduct struct {
	items, heads, m, n, k  int
	a, b, y                matrices
	transposeA, transposeB bool
	scale                  float64
}

func (p matProduct) dispatch(l *graph.Lowering, f ConvFragments, a, b, y graph.Tensor) {
	shader, groups := "matmul_sm", p.items*p.heads*((p.m+63)/64)*((p.n+63)/64)
	if f == FragmentsBroadcast || f == FragmentsVector {
		shader, groups = "matmul_sg", p.items*p.heads
	}
	push := graph.Push{"M": p.m, "N": p.n, "K": p.k, "heads": p.heads, "groups": p.items * p.heads, "scale": p.scale}
	for name, m := range map[string]matrices{"a": p.a, "b": p.b, "y": p.y} {
		push[name+"From"], push[name+"Items"], push[name+"Heads"], push[name+"Rows"] = m.from/4, m.rows*m.width/4, m.head/4, m.width/4
	}
	l.Dispatch(graph.Kernel{
		Shader: shader,
		Spec:   []uint32{flag(p.transposeA), flag(p.transposeB)},
		In:     []graph.Tensor{a, b},
		Out:    []graph.Tensor{y},
		Push:   push,
		Flops:  2 * p.items * p.heads * p.m * p.n * p.k,
		Groups: graph.Grid(groups, 1),
	})
}
