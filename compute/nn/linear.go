package nn

import "reta/compute/graph"

// Linear is act(x w^T + b) for x [N,in], w [out,in] and an optional bias b [out]:
// [N,out]. It is a 1x1 convolution over an image of one pixel. Weights that the
// device does not bind at once are taken in blocks of outputs.
func Linear(x, w, b *graph.Node, a Activation) *graph.Node {
	var blocks []*graph.Node
	most := outputsBound(w)
	for from := 0; from < w.Dim(0); from += most {
		part := w
		if most < w.Dim(0) {
			part = w.Graph().Apply(weightRowsOp, rowRange{from, min(most, w.Dim(0)-from)}, w)
		}
		blocks = append(blocks, linear(x, part))
	}
	y := blocks[0]
	if len(blocks) > 1 {
		y = Concat(blocks...)
	}
	if b == nil {
		return Activate(y, a)
	}
	return Bias(y, b, a)
}

// linear is x w^T.
func linear(x, w *graph.Node) *graph.Node {
	n, in := x.Dim(0), x.Dim(-1)
	y := Conv2d(graph.Reshape(x, n, 1, 1, in), graph.Reshape(w, w.Dim(0), w.Dim(-1), 1, 1), ConvAttr{})
	return graph.Reshape(y, n, w.Dim(0))
}

// outputsBound is how many outputs of a linear layer the device takes at once:
// all, or as many as it binds the weights of, in whole blocks whose first byte
// it can bind.
func outputsBound(w *graph.Node) int {
	const block = 64
	out, in := w.Dim(0), w.Dim(-1)
	limit := int(w.Graph().Info().Limits.StorageRange)/4/roundUp(in, 32) - 1 // some packs have a row of zeros behind
	if limit < block || roundUp(out, 32) <= limit {
		return out
	}
	return limit / block * block
}

type rowRange struct{ from, n int }

// weightRowsOp is some rows of w [out,in], which may be over the device's
// storage-buffer range.
var weightRowsOp = &graph.Op{
	Name: "weight_rows",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{attr.(rowRange).n, in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, c := n.Attr().(rowRange), n.Dim(-1)
		copyRows(l, l.In(0).Slice(a.from*c, a.n*c), c, l.Out(), a.n, c)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, w := n.Graph(), n.In()[0]
		zero := g.Const("zero", make([]float32, w.Dim(-1)), w.Dim(-1))
		return []*graph.Node{g.Apply(weightRowsGradOp, rowRange{n.Attr().(rowRange).from, w.Dim(0)}, dy, zero)}
	},
}

// weightRowsGradOp places dy at row from of n rows of zeros, of which it takes
// one as its second input.
var weightRowsGradOp = &graph.Op{
	Name: "weight_rows_grad",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{attr.(rowRange).n, in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, rows, c := n.Attr().(rowRange), n.In()[0].Dim(0), n.Dim(-1)
		out := func(from, n int) graph.Tensor { return l.Out().Slice(from*c, n*c) }
		copyRows(l, l.In(1).Whole(), 0, out(0, a.from), a.from, c)
		copyRows(l, l.In(0), c, out(a.from, rows), rows, c)
		copyRows(l, l.In(1).Whole(), 0, out(a.from+rows, a.n-a.from-rows), a.n-a.from-rows, c)
	},
}

// copyRows dispatches the copy of n rows of c numbers that lie stride apart.
func copyRows(l *graph.Lowering, from graph.Tensor, stride int, to graph.Tensor, n, c int) {
	if n == 0 {
		return
	}
	for rows, t := range l.Parts(n, 1, []graph.Tensor{from, to}) {
		l.Dispatch(graph.Kernel{
			Shader: "copy_channels",
			Spec:   []uint32{flag(c%4 == 0)},
			In:     t[:1],
			Out:    t[1:],
			Push:   graph.Push{"rows": rows, "n": c, "from": 0, "xC": stride, "to": 0, "yC": c, "quads": (c + 3) / 4},
			Groups: graph.Grid((rows+3)/4*((c+3)/4), 64),

			Touched: rows * c,
		})
	}
}
