package nn

import (
	"fmt"

	"reta/compute/graph"
)

// SpectrumRows is the most rows of a matrix that SpectrumDivergence takes.
const SpectrumRows = 50

// SpectrumDivergence takes the blocks of a symmetric matrix x [N,N], N at most SpectrumRows, of rows with the same label
// (U32 [N]) one behind the other. With l the eigenvalues of a block, q = softmax(l) and p = softmax(l/tau), which counts as
// constant, the block's term is
//
//	KL(p || q) = sum p (log p - log q),
//
// at the block's first row of the result [N], 0 at the others (G-VBSM's data densification). The gradient goes to x: U diag(q
// - p) U^T.
func SpectrumDivergence(x, labels *graph.Node, tau float64) *graph.Node {
	return x.Graph().Apply(spectrumOp, tau, x, labels)
}

var spectrumOp = &graph.Op{
	Name: "spectrum",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, labels, tau := in[0].Shape(), in[1].Shape(), attr.(float64)
		if len(x) != 2 || x[0] != x[1] || x[0] > SpectrumRows || !labels.Equal(x[:1]) || in[1].DType() != graph.U32 {
			return nil, 0, fmt.Errorf("matrix %v and labels %v %v: want [N,N] and u32 [N], N at most %d", x, in[1].DType(), labels, SpectrumRows)
		}
		if !(tau > 0) {
			return nil, 0, fmt.Errorf("tau %v: want more than 0", tau)
		}
		return labels, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerSpectrum(l, n, "spectrum") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(spectrumGradOp, n.Attr(), n.In()[0], n.In()[1], dy), nil}
	},
}

var spectrumGradOp = &graph.Op{
	Name:  "spectrum_grad",
	Infer: likeFirst,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerSpectrum(l, n, "spectrum_grad") },
}

func lowerSpectrum(l *graph.Lowering, n *graph.Node, shader string) {
	rows := n.In()[0].Dim(0)
	l.Dispatch(graph.Kernel{
		Shader: shader,
		In:     inputs(l, n),
		Out:    []graph.Tensor{l.Out()},
		Push:   graph.Push{"n": rows, "tau": n.Attr()},
		Groups: graph.Grid(rows, 1),
	})
}
