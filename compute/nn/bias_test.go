package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestBias(t *testing.T) {
	for i, s := range append([][]int{{3, 5}, {130, 10}}, activations...) {
		a := []Activation{None, GELU, ReLU}[i%3]
		c := s[len(s)-1]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s, a),
			Inputs: []graphtest.In{{Shape: s}, {Shape: []int{c}}},
			Step:   1e-7, // few values lie so near the ReLU's kink
			Build:  func(in []*graph.Node) *graph.Node { return Bias(in[0], in[1], a) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, len(in[0]))
				for i, v := range in[0] {
					y[i] = acts[a](v + in[1][i%c])
				}
				return y
			},
		})
	}
}

func TestL2Normalize(t *testing.T) {
	for _, b := range batches {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(b),
			Inputs: []graphtest.In{{Shape: []int{b[0], b[1]}}},
			Build:  func(in []*graph.Node) *graph.Node { return L2Normalize(in[0]) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				for r := 0; r < len(in[0]); r += b[1] {
					norm := 0.0
					for _, v := range in[0][r : r+b[1]] {
						norm = math.Hypot(norm, v)
					}
					for _, v := range in[0][r : r+b[1]] {
						y = append(y, v/norm)
					}
				}
				return y
			},
		})
	}
}

// A row of zeros stays zero, and its gradient is dy / 1e-12, not NaN.
func TestL2NormalizeZero(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	x, dy := g.Input("x", graph.F32, 1, 3), g.Input("dy", graph.F32, 1, 3)
	y := L2Normalize(x)
	got := run(t, g, y, map[*graph.Node][]float32{x: {0, 0, 0}})
	graphtest.Near(t, "y", got, []float64{0, 0, 0}, 0)
	dx := g.GradFrom(y, dy, x)[0]
	got = run(t, g, dx, map[*graph.Node][]float32{x: {0, 0, 0}, dy: {1, -2, 0}})
	graphtest.Near(t, "dx", got, []float64{1e12, -2e12, 0}, 1e-6)
}

func TestShiftCrop(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		shifts []Shift
	}{
		{[]int{1, 1, 1, 1}, []Shift{{Flip: true}}},
		{[]int{3, 8, 8, 3}, []Shift{{Down: 4, Right: -4}, {Down: -3, Right: 2, Flip: true}, {Flip: true}}},
		{[]int{2, 5, 7, 4}, []Shift{{Down: 1, Right: 3}, {Down: -9, Right: 0}}}, // the second leaves nothing
		{[]int{2, 11, 9, 13}, []Shift{{Right: 4, Flip: true}, {Down: 2}}},
	} {
		var shifts []float32
		for _, s := range c.shifts {
			shifts = s.Append(shifts)
		}
		n, h, w, ch := c.shape[0], c.shape[1], c.shape[2], c.shape[3]
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.shape),
			Inputs: []graphtest.In{{Shape: c.shape}, {
				Shape: []int{n, ShiftWords}, Values: func(i int) float64 { return float64(shifts[i]) }, NoGrad: true,
			}},
			Build: func(in []*graph.Node) *graph.Node { return ShiftCrop(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, len(in[0]))
				for i := range y {
					k, x, row, img := i%ch, i/ch%w, i/ch/w%h, i/ch/w/h
					s := c.shifts[img]
					if s.Flip {
						x = w - 1 - x
					}
					x, row = x+s.Right, row+s.Down
					if x >= 0 && x < w && row >= 0 && row < h {
						y[i] = in[0][((img*h+row)*w+x)*ch+k]
					}
				}
				return y
			},
		})
	}
}
