package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestRectify(t *testing.T) {
	for _, shape := range [][]int{{1}, {3, 5, 67}, {2, 4096}} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(shape),
			Inputs: []graphtest.In{{Shape: shape}, {Shape: shape, NoGrad: true, Values: func(i int) float64 { return float64(i%3) - 1 }}},
			Build:  func(in []*graph.Node) *graph.Node { return Rectify(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, len(in[0]))
				for i, like := range in[1] {
					if like > 0 {
						y[i] = in[0][i]
					}
				}
				return y
			},
		})
	}
}
