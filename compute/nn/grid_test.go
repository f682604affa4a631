package nn

import (
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// A grid has at most 65535 workgroups by x; what is larger goes on by y. One
// kernel of each kind, just past that edge.
func TestGridsPastTheEdge(t *testing.T) {
	const edge = 65535
	label := func(i int) float64 { return float64(i % 3) }
	for _, c := range []graphtest.Case{
		{ // a workgroup a row
			Name:   "rowwise",
			Inputs: []graphtest.In{{Shape: []int{edge + 2, 3}, NoGrad: true}, {Shape: []int{edge + 2}, DType: graph.U32, Values: label}},
			Build:  func(in []*graph.Node) *graph.Node { return CrossEntropyPerSample(in[0], in[1], 0) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, edge+2)
				for r, l := range in[1] {
					y[r] = -logSoftmax(in[0][3*r:3*r+3], 1)[int(l)]
				}
				return y
			},
		},
		{ // 64 words a workgroup
			Name:   "words",
			Inputs: []graphtest.In{{Shape: []int{64*edge + 70}, NoGrad: true}},
			Build: func(in []*graph.Node) *graph.Node {
				return slice(in[0], 5, graph.Shape{64*edge + 65})
			},
			Ref: func(in [][]float64) []float64 { return in[0][5:] },
		},
		{ // 64 pixels a workgroup
			Name:   "pixels",
			Inputs: []graphtest.In{{Shape: []int{1, 2050, 2050, 1}, NoGrad: true}, {Shape: []int{1, ShiftWords}, NoGrad: true, Values: func(int) float64 { return 0 }}},
			Build:  func(in []*graph.Node) *graph.Node { return ShiftCrop(in[0], in[1]) },
			Ref:    func(in [][]float64) []float64 { return in[0] },
		},
	} {
		graphtest.Check(t, c)
	}
}
