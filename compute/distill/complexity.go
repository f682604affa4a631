package distill

import (
	"fmt"
	"math"

	"reta/compute/graph"
)

// Complexity is c(o) of Eqn 5 for images x [N,H,W,3] whose pixels are (v-mean)/std
// with v in [0,1]: the variance over the pixels of |grad(G_sigma * o)|^2, with o
// the luminance of Rec. 601, G_sigma a Gaussian of sigma pixels cut at
// ceil(3 sigma) (none for 0), central differences and reflected borders. The
// result is [N]; retrieval.Complexity is its meaning in float64. It has no
// gradient.
func Complexity(x *graph.Node, mean, std [3]float64, sigma float64) *graph.Node {
	if len(x.Shape()) != 4 || x.Dim(3) != 3 || !(sigma >= 0 && sigma <= 64) {
		return x.Graph().Poison("complexity", fmt.Errorf("images %v, sigma %v: want [N,H,W,3] and 0 to 64 pixels", x.Shape(), sigma))
	}
	weights := [3]float64{0.299, 0.587, 0.114}
	luma := lumaAttr{}
	for c, w := range weights {
		luma.scale[c] = w * std[c]
		luma.shift += w * mean[c]
	}
	y := x.Graph().Apply(lumaOp, luma, x)
	if sigma > 0 {
		g := gaussian(sigma)
		w := x.Graph().Const("gaussian", g, len(g))
		y = x.Graph().Apply(blurOp, 2, y, w)
		y = x.Graph().Apply(blurOp, 1, y, w)
	}
	return x.Graph().Apply(varianceOp, x.Dim(0), y)
}

// gaussian is one half of G_sigma along an axis, from the centre outwards.
func gaussian(sigma float64) []float32 {
	g := make([]float32, int(math.Ceil(3*sigma))+1)
	at := func(k int) float64 { return math.Exp(-float64(k*k) / (2 * sigma * sigma)) }
	sum := at(0)
	for k := 1; k < len(g); k++ {
		sum += 2 * at(k)
	}
	for k := range g {
		g[k] = float32(at(k) / sum)
	}
	return g
}

// lumaAttr maps a normalised colour to its luminance: scale . x + shift.
type lumaAttr struct {
	scale [3]float64
	shift float64
}

// lumaOp is the luminance of images [N,H,W,3], four images side by side:
// [ceil(N/4),H,W,4].
var lumaOp = &graph.Op{
	Name: "complexity_luma",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		s := in[0].Shape()
		return graph.Shape{(s[0] + 3) / 4, s[1], s[2], 4}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(lumaAttr)
		push := []uint32{uint32(n.In()[0].Dim(0)), uint32(n.Dim(1) * n.Dim(2))}
		for _, s := range a.scale {
			push = append(push, graph.F(s))
		}
		l.Dispatch(graph.Kernel{
			Shader: "complexity_luma",
			In:     []graph.Tensor{l.In(0)},
			Out:    []graph.Tensor{l.Out()},
			Push:   append(push, graph.F(a.shift)),
			Groups: graph.Grid(n.Size()/4, 64),
		})
	},
}

// blurOp convolves [B,H,W,4] along the axis that is its attribute, 1 or 2.
var blurOp = &graph.Op{
	Name: "complexity_blur",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return in[0].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		axis, stride := n.Attr().(int), 1
		if axis == 1 {
			stride = n.Dim(2)
		}
		l.Dispatch(graph.Kernel{
			Shader: "complexity_blur",
			In:     []graph.Tensor{l.In(0), l.In(1)},
			Out:    []graph.Tensor{l.Out()},
			Push:   []uint32{uint32(n.Size() / 4), uint32(n.Dim(axis)), uint32(stride), uint32(n.In()[1].Size() - 1)},
			Groups: graph.Grid(n.Size()/4, 64),
		})
	},
}

// varianceOp takes smooth luminances [ceil(N/4),H,W,4] to complexities [N].
var varianceOp = &graph.Op{
	Name: "complexity_variance",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{attr.(int)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		l.Dispatch(graph.Kernel{
			Shader: "complexity_variance",
			In:     []graph.Tensor{l.In(0)},
			Out:    []graph.Tensor{l.Out()},
			Push:   []uint32{uint32(n.Size()), uint32(x.Dim(1)), uint32(x.Dim(2))},
			Groups: graph.Grid(x.Dim(0), 1),
		})
	},
}
