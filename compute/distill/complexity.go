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
	form := ""
	if !x.Graph().Info().Features.Int64 {
		form = "_plain"
	}
	return complexity(x, mean, std, sigma, form)
}

// complexity takes the form of the kernels: "" loads 64 bits at once, "_plain"
// runs on every device.
func complexity(x *graph.Node, mean, std [3]float64, sigma float64, form string) *graph.Node {
	g := x.Graph()
	if len(x.Shape()) != 4 || x.Dim(3) != 3 || !(sigma >= 0 && sigma <= 64) {
		return g.Poison("complexity", fmt.Errorf("images %v, sigma %v: want [N,H,W,3] and 0 to 64 pixels", x.Shape(), sigma))
	}
	luma := lumaAttr{form: form}
	for c, w := range [3]float64{0.299, 0.587, 0.114} {
		luma.scale[c] = w * std[c]
		luma.shift += w * mean[c]
	}
	y := g.Apply(lumaOp, luma, x)
	if sigma > 0 {
		half := gaussian(sigma)
		padded := append(half, make([]float32, blurStrip)...)
		w := g.Const("gaussian", padded, len(padded))
		for _, axis := range []int{2, 1} {
			y = g.Apply(blurOp, blurAttr{axis: axis, radius: len(half) - 1, form: form}, y, w)
		}
	}
	return g.Apply(varianceOp, varianceAttr{images: x.Dim(0), form: form}, y)
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

// blurStrip is how many pixels in a row an invocation of complexity_blur makes.
const blurStrip = 4

// lumaAttr maps a normalised colour to its luminance: scale . x + shift.
type lumaAttr struct {
	scale [3]float64
	shift float64
	form  string
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
		l.Dispatch(graph.Kernel{
			Shader: "complexity_luma" + a.form,
			In:     []graph.Tensor{l.In(0)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"N": n.In()[0].Dim(0), "pixels": n.Dim(1) * n.Dim(2), "scale": a.scale[:], "shift": a.shift},
			Groups: graph.Grid(n.Size()/4, 64),
		})
	},
}

// blurAttr is the axis of [B,H,W,4] to convolve along, and how far the kernel
// reaches.
type blurAttr struct {
	axis, radius int
	form         string
}

// blurOp convolves [B,H,W,4] with one half of a symmetric kernel, blurStrip
// zeros at its end.
var blurOp = &graph.Op{
	Name: "complexity_blur",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return in[0].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, stride := n.Attr().(blurAttr), 1
		if a.axis == 1 {
			stride = n.Dim(2)
		}
		extent := n.Dim(a.axis)
		strips := (extent + blurStrip - 1) / blurStrip
		total := n.Size() / 4 / extent * strips
		l.Dispatch(graph.Kernel{
			Shader: "complexity_blur" + a.form,
			In:     []graph.Tensor{l.In(0), l.In(1)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"total": total, "extent": extent, "stride": stride, "strips": strips, "radius": a.radius},
			Groups: graph.Grid(total, 64),
		})
	},
}

// varianceAttr is the number of images, which the last four may not be.
type varianceAttr struct {
	images int
	form   string
}

// varianceOp takes smooth luminances [ceil(N/4),H,W,4] to complexities [N].
var varianceOp = &graph.Op{
	Name: "complexity_variance",
	Infer: func(attr any, _ []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{attr.(varianceAttr).images}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		l.Dispatch(graph.Kernel{
			Shader: "complexity_variance" + n.Attr().(varianceAttr).form,
			In:     []graph.Tensor{l.In(0)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"N": n.Size(), "H": x.Dim(1), "W": x.Dim(2)},
			Groups: graph.Grid(x.Dim(0), 1),
		})
	},
}
