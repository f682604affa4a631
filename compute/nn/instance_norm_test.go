package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// instanceNormOf is the float64 meaning of InstanceNorm: a batch norm, in train
// mode, of each image by itself.
func instanceNormOf(x, gamma, beta []float64, images int, a NormAttr) []float64 {
	var y []float64
	size := len(x) / images
	for i := range images {
		image := x[i*size : (i+1)*size]
		y = append(y, batchNorm(image, gamma, beta, channelStats(image, len(gamma)), nil, a)...)
	}
	return y
}

// Values and gradients to x, gamma and beta, as a CPU and as a GPU shares the
// pixels.
func TestInstanceNorm(t *testing.T) {
	for _, s := range append(activations, []int{5, 1, 2, 37}, []int{2, 8, 8, 68}) {
		for _, a := range []instanceAttr{{NormAttr{Eps: 1e-5}, 1}, {NormAttr{Eps: 1e-3, Act: ReLU}, 16}, {NormAttr{Eps: 1e-3, Act: GELU}, 1}, {NormAttr{Eps: 1e-5}, 16}} {
			c := s[3]
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(s, a),
				Inputs: []graphtest.In{{Shape: s}, {Shape: []int{c}}, {Shape: []int{c}}},
				Build:  func(in []*graph.Node) *graph.Node { return instanceNorm(in[0], in[1], in[2], a) },
				Ref: func(in [][]float64) []float64 {
					return instanceNormOf(in[0], in[1], in[2], s[0], a.NormAttr)
				},
				Tol: 3e-5, GradTol: 3e-4,
			})
		}
	}
}

// A mean a thousand times the deviation must not cost the variance its digits.
func TestInstanceNormFarFromZero(t *testing.T) {
	for _, lanes := range []int{1, 16} {
		a := instanceAttr{NormAttr{Eps: 1e-5}, lanes}
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(lanes),
			Inputs: []graphtest.In{
				{Shape: []int{2, 31, 29, 7}, NoGrad: true, Values: func(i int) float64 { return 1000 + graphtest.Normal(5, uint64(i)) }},
				{Shape: []int{7}, NoGrad: true}, {Shape: []int{7}, NoGrad: true},
			},
			Build: func(in []*graph.Node) *graph.Node { return instanceNorm(in[0], in[1], in[2], a) },
			Ref:   func(in [][]float64) []float64 { return instanceNormOf(in[0], in[1], in[2], 2, a.NormAttr) },
			Tol:   1e-4, // 1000 eps of float32 at the input
		})
	}
}

// torch.nn.GroupNorm(1, 1) of the pixels 1, 2, 3, 6 worked by hand: mean 3,
// variance 3.5.
func TestInstanceNormByHand(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	x, gamma, beta := g.Input("x", graph.F32, 1, 2, 2, 1), g.Input("gamma", graph.F32, 1), g.Input("beta", graph.F32, 1)
	y := InstanceNorm(x, gamma, beta, NormAttr{Eps: 0.5, Act: ReLU})
	got := run(t, g, y, map[*graph.Node][]float32{x: {1, 2, 3, 6}, gamma: {4}, beta: {1}})
	graphtest.Near(t, "y", got, []float64{0, 0, 1, 7}, 1e-6)
}
