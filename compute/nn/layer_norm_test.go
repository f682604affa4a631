package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// layerNormOf is the float64 meaning of LayerNorm.
func layerNormOf(x, gamma, beta []float64, eps float64) []float64 {
	y, c := make([]float64, len(x)), len(gamma)
	for first := 0; first < len(x); first += c {
		row, mean, variance := x[first:first+c], 0.0, 0.0
		for _, v := range row {
			mean += v / float64(c)
		}
		for _, v := range row {
			variance += (v - mean) * (v - mean) / float64(c)
		}
		for i, v := range row {
			y[first+i] = gamma[i]*(v-mean)/math.Sqrt(variance+eps) + beta[i]
		}
	}
	return y
}

// Values and gradients to x, gamma and beta, as a CPU and as a GPU shares a row;
// with the residual block's second path to x, whose gradient is added on the way.
func TestLayerNorm(t *testing.T) {
	for _, s := range [][]int{{3, 5, 2, 7}, {130, 12}, {1, 2}, {2, 3, 96}, {67, 33}} {
		for _, a := range []layerNormAttr{{1e-5, 1}, {1e-3, 8}} {
			for _, residual := range []bool{false, true} {
				c := s[len(s)-1]
				graphtest.Check(t, graphtest.Case{
					Name:   fmt.Sprint(s, a, residual),
					Inputs: []graphtest.In{{Shape: s}, {Shape: []int{c}}, {Shape: []int{c}}},
					Build: func(in []*graph.Node) *graph.Node {
						y := layerNorm(in[0], in[1], in[2], a)
						if residual {
							y = graph.Add(in[0], y)
						}
						return y
					},
					Ref: func(in [][]float64) []float64 {
						y := layerNormOf(in[0], in[1], in[2], a.eps)
						for i, v := range in[0] {
							if residual {
								y[i] += v
							}
						}
						return y
					},
					Tol: 3e-5, GradTol: 3e-4,
				})
			}
		}
	}
}

// A mean a thousand times the deviation must not cost the variance its digits.
func TestLayerNormFarFromZero(t *testing.T) {
	for _, lanes := range []int{1, 8} {
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(lanes),
			Inputs: []graphtest.In{
				{Shape: []int{9, 97}, NoGrad: true, Values: func(i int) float64 { return 1000 + graphtest.Normal(5, uint64(i)) }},
				{Shape: []int{97}, NoGrad: true}, {Shape: []int{97}, NoGrad: true},
			},
			Build: func(in []*graph.Node) *graph.Node { return layerNorm(in[0], in[1], in[2], layerNormAttr{1e-5, lanes}) },
			Ref:   func(in [][]float64) []float64 { return layerNormOf(in[0], in[1], in[2], 1e-5) },
			Tol:   1e-4, // 1000 eps of float32 at the input
		})
	}
}
