package nn

import (
	"fmt"

	"reta/compute/graph"
)

// MaxPool is the largest value of every k x k window of x [N,H,W,C], windows
// stride pixels apart, with pad pixels of minus infinity around:
// [N, (H+2pad-k)/stride+1, (W+2pad-k)/stride+1, C]. Its gradient goes to the
// first largest value in row order.
func MaxPool(x *graph.Node, k, stride, pad int) *graph.Node {
	return x.Graph().Apply(maxPoolOp, poolAttr{k: k, stride: stride, pad: pad}, x)
}

// AvgPool is the mean of every k x k window of x [N,H,W,C]; the pad pixels
// around count as zeros, as torch's default.
func AvgPool(x *graph.Node, k, stride, pad int) *graph.Node {
	a := poolAttr{k: k, stride: stride, pad: pad}
	if y := normPool(x, a); y != nil {
		return y
	}
	return x.Graph().Apply(avgPoolOp, a, x)
}

// poolAttr holds the window and, for gradients, the size of the input.
type poolAttr struct{ k, stride, pad, h, w int }

func (a poolAttr) infer(in []*graph.Node) (graph.Shape, graph.DType, error) {
	x := in[0].Shape()
	if len(x) != 4 || in[0].DType() != graph.F32 {
		return nil, 0, fmt.Errorf("got %v %v, want f32 [N,H,W,C]", in[0].DType(), x)
	}
	if a.k < 1 || a.stride < 1 || a.pad < 0 || 2*a.pad > a.k {
		return nil, 0, fmt.Errorf("window %d, stride %d, padding %d: want positive ones and padding of at most half the window", a.k, a.stride, a.pad)
	}
	if x[1]+2*a.pad < a.k || x[2]+2*a.pad < a.k {
		return nil, 0, fmt.Errorf("window of %d does not fit %v with padding %d", a.k, x, a.pad)
	}
	return graph.Shape{x[0], (x[1]+2*a.pad-a.k)/a.stride + 1, (x[2]+2*a.pad-a.k)/a.stride + 1, x[3]}, graph.F32, nil
}

func poolInfer(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
	return attr.(poolAttr).infer(in)
}

// poolGradInfer gives dx the input's size; dy is the first input.
func poolGradInfer(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
	a, dy := attr.(poolAttr), in[0].Shape()
	return graph.Shape{dy[0], a.h, a.w, dy[3]}, graph.F32, nil
}

func (a poolAttr) of(x *graph.Node) poolAttr {
	a.h, a.w = x.Dim(1), x.Dim(2)
	return a
}

// lowerPool dispatches a kernel that includes pool.glsl between input side x
// and output side y: one invocation a line of pixels and quad of the node's own
// side.
func lowerPool(l *graph.Lowering, n *graph.Node, shader string, x, y *graph.Node) {
	r, a := rowsOf(n), n.Attr().(poolAttr)
	in := inputs(l, n)
	for images, t := range l.Parts(n.Dim(0), 1, append(in, l.Out())) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   []uint32{r.whole(), uint32(a.k), uint32(a.stride)},
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push: graph.Push{"N": images, "H": x.Dim(1), "W": x.Dim(2), "C": x.Dim(3), "outH": y.Dim(1), "outW": y.Dim(2),
				"quads": r.quads(), "pad": a.pad},
			Groups: graph.Grid(images*n.Dim(1)*r.quads(), 64),
		})
	}
}

var maxPoolOp = &graph.Op{
	Name:  "max_pool",
	Infer: poolInfer,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerPool(l, n, "max_pool", n.In()[0], n) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, x, a := n.Graph(), n.In()[0], n.Attr().(poolAttr)
		at := g.Apply(maxPoolIndexOp, a, x)
		return []*graph.Node{g.Apply(maxPoolGradOp, a.of(x), dy, at)}
	},
	Halves: graph.Always(0, graph.Result),
}

// maxPoolIndexOp is the input pixel (row*W + column) of every maximum, exact in
// float32 up to 2^24.
var maxPoolIndexOp = &graph.Op{
	Name: "max_pool_index",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if x := in[0]; x.Dim(1)*x.Dim(2) > 1<<24 {
			return nil, 0, fmt.Errorf("images of %d x %d pixels: the gradient takes up to 2^24", x.Dim(1), x.Dim(2))
		}
		return attr.(poolAttr).infer(in)
	},
	Lower:  func(l *graph.Lowering, n *graph.Node) { lowerPool(l, n, "max_pool_index", n.In()[0], n) },
	Halves: graph.Always(0),
}

// maxPoolGradOp is dx from dy and the indices.
var maxPoolGradOp = &graph.Op{
	Name:   "max_pool_grad",
	Infer:  poolGradInfer,
	Lower:  func(l *graph.Lowering, n *graph.Node) { lowerPool(l, n, "max_pool_grad", n, n.In()[0]) },
	Halves: graph.Always(0, graph.Result),
}

var avgPoolOp = &graph.Op{
	Name:  "avg_pool",
	Infer: poolInfer,
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerPool(l, n, "avg_pool", n.In()[0], n) },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(avgPoolGradOp, n.Attr().(poolAttr).of(n.In()[0]), dy)}
	},
	Halves: graph.Always(0, graph.Result),
}

var avgPoolGradOp = &graph.Op{
	Name:   "avg_pool_grad",
	Infer:  poolGradInfer,
	Lower:  func(l *graph.Lowering, n *graph.Node) { lowerPool(l, n, "avg_pool_grad", n, n.In()[0]) },
	Halves: graph.Always(0, graph.Result),
}
