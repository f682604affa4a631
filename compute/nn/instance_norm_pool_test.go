package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Pooling after an instance norm is one operation where the windows fill the
// image, and gives the values and gradients of both, as a CPU and as a GPU
// shares the windows.
func TestInstanceNormPool(t *testing.T) {
	for i, p := range []poolCase{
		{[]int{2, 8, 12, 7}, 2, 2, 0}, {[]int{3, 4, 32, 68}, 2, 2, 0}, {[]int{1, 9, 6, 4}, 3, 3, 0}, {[]int{2, 2, 2, 33}, 1, 1, 0},
		{[]int{2, 5, 8, 4}, 2, 2, 0}, {[]int{2, 8, 8, 4}, 3, 2, 1}, // not fused
	} {
		for k, act := range []Activation{ReLU, GELU, None, Sigmoid} {
			a, c := instanceAttr{NormAttr{Eps: 1e-3, Act: act}, []int{1, 16}[(i+k)%2]}, p.shape[3]
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(p, a),
				Inputs: []graphtest.In{{Shape: p.shape}, {Shape: []int{c}}, {Shape: []int{c}}},
				Build: func(in []*graph.Node) *graph.Node {
					y := AvgPool(instanceNorm(in[0], in[1], in[2], a), p.k, p.stride, p.pad)
					if fused := y.Op() == instanceNormPoolOp; fused != (i < 4) {
						t.Errorf("%v: fused is %t", p, fused)
					}
					return y
				},
				Ref: func(in [][]float64) (y []float64) {
					z := instanceNormOf(in[0], in[1], in[2], p.shape[0], a.NormAttr)
					p.windows(func(_ int, at []int) {
						sum := 0.0
						for _, i := range at {
							sum += z[i] / float64(p.k*p.k)
						}
						y = append(y, sum)
					})
					return y
				},
				Tol: 3e-5, GradTol: 3e-4,
			})
		}
	}
}
