package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

type poolCase struct {
	shape          []int
	k, stride, pad int
}

var pools = []poolCase{
	{[]int{1, 1, 1, 1}, 1, 1, 0},
	{[]int{2, 7, 5, 3}, 3, 2, 1},
	{[]int{2, 8, 8, 4}, 2, 2, 0},
	{[]int{1, 9, 11, 13}, 3, 1, 1},
	{[]int{3, 16, 15, 20}, 3, 2, 1},
	{[]int{2, 7, 7, 5}, 5, 3, 2},
	{[]int{1, 6, 6, 4}, 2, 3, 0}, // pixels that no window covers
}

// windows calls f for every output element of the pooling, with the indices of
// the input elements its window covers in row order.
func (p poolCase) windows(f func(out int, in []int)) {
	n, h, w, c := p.shape[0], p.shape[1], p.shape[2], p.shape[3]
	oh, ow := (h+2*p.pad-p.k)/p.stride+1, (w+2*p.pad-p.k)/p.stride+1
	for out := range n * oh * ow * c {
		ch, ox, oy, img := out%c, out/c%ow, out/c/ow%oh, out/c/ow/oh
		var in []int
		for y := oy*p.stride - p.pad; y < oy*p.stride-p.pad+p.k; y++ {
			for x := ox*p.stride - p.pad; x < ox*p.stride-p.pad+p.k; x++ {
				if y >= 0 && y < h && x >= 0 && x < w {
					in = append(in, ((img*h+y)*w+x)*c+ch)
				}
			}
		}
		f(out, in)
	}
}

func TestMaxPool(t *testing.T) {
	for _, p := range pools {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(p),
			Inputs: []graphtest.In{{Shape: p.shape}},
			Build:  func(in []*graph.Node) *graph.Node { return MaxPool(in[0], p.k, p.stride, p.pad) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				p.windows(func(_ int, at []int) {
					best := math.Inf(-1)
					for _, i := range at {
						best = math.Max(best, in[0][i])
					}
					y = append(y, best)
				})
				return y
			},
			Step: 1e-7,
		})
	}
}

// Where values tie, the first in row order gets the whole gradient: a constant
// image under 2x2 windows.
func TestMaxPoolTies(t *testing.T) {
	dev := graphtest.Device(t)
	g := graph.New(dev)
	x, dy := g.Input("x", graph.F32, 1, 4, 4, 1), g.Input("dy", graph.F32, 1, 2, 2, 1)
	dx := g.GradFrom(MaxPool(x, 2, 2, 0), dy, x)[0]
	got := run(t, g, dx, map[*graph.Node][]float32{x: make([]float32, 16), dy: {1, 2, 3, 4}})
	graphtest.Near(t, "dx", got, []float64{1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0}, 0)
}

func TestAvgPool(t *testing.T) {
	for _, p := range pools {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(p),
			Inputs: []graphtest.In{{Shape: p.shape}},
			Build:  func(in []*graph.Node) *graph.Node { return AvgPool(in[0], p.k, p.stride, p.pad) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				p.windows(func(_ int, at []int) {
					sum := 0.0
					for _, i := range at {
						sum += in[0][i] / float64(p.k*p.k)
					}
					y = append(y, sum)
				})
				return y
			},
		})
	}
}

func TestGlobalAvgPool(t *testing.T) {
	for _, s := range activations {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return GlobalAvgPool(in[0]) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, s[0]*s[3])
				for i, v := range in[0] {
					y[i/(s[1]*s[2]*s[3])*s[3]+i%s[3]] += v / float64(s[1]*s[2])
				}
				return y
			},
		})
	}
}
