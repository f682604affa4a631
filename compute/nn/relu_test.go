package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// sizes are element counts that meet every tail: one, a prime, whole vec4, and
// just past a workgroup of elementwise.glsl.
var sizes = [][]int{{1}, {7}, {3, 17}, {64, 16}, {1025}, {5, 5, 5, 3}}

func TestReLU(t *testing.T) {
	for _, s := range sizes {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return ReLU(in[0]) },
			Ref:    mapEach(func(x float64) float64 { return math.Max(x, 0) }),
		})
	}
}

func TestReLU6(t *testing.T) {
	for _, s := range sizes {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s, Values: func(i int) float64 { return 5 * graphtest.Normal(3, uint64(i)) }}},
			Build:  func(in []*graph.Node) *graph.Node { return ReLU6(in[0]) },
			Ref:    mapEach(func(x float64) float64 { return math.Min(math.Max(x, 0), 6) }),
		})
	}
}

// Two gradients meet behind the clip: their sum is masked in one pass.
func TestReLUOfTwoUses(t *testing.T) {
	for _, s := range sizes {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}, {Shape: s, NoGrad: true}},
			Build: func(in []*graph.Node) *graph.Node {
				y := ReLU(in[0])
				return graph.Add(Scale(y, 3), Mul(y, in[1]))
			},
			Ref: func(in [][]float64) []float64 {
				z := make([]float64, len(in[0]))
				for i, x := range in[0] {
					z[i] = math.Max(x, 0) * (3 + in[1][i])
				}
				return z
			},
		})
	}
}

func TestScaleAndMul(t *testing.T) {
	for _, s := range sizes {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("scale", s),
			Inputs: []graphtest.In{{Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return Scale(in[0], -1.75) },
			Ref:    mapEach(func(x float64) float64 { return -1.75 * x }),
		})
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("mul", s),
			Inputs: []graphtest.In{{Shape: s}, {Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return Mul(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, len(in[0]))
				for i := range y {
					y[i] = in[0][i] * in[1][i]
				}
				return y
			},
		})
	}
}

// mapEach is the reference of an element-wise function.
func mapEach(f func(float64) float64) func([][]float64) []float64 {
	return func(in [][]float64) []float64 {
		y := make([]float64, len(in[0]))
		for i, x := range in[0] {
			y[i] = f(x)
		}
		return y
	}
}
