package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// groupNormOf is the float64 meaning of GroupNorm.
func groupNormOf(x, gamma, beta []float64, images, groups int, a NormAttr) []float64 {
	c := len(gamma)
	size, each := len(x)/images, c/groups
	y := make([]float64, len(x))
	group := func(i int) int { return i/size*groups + i%c/each }
	n, mean, variance := float64(size/groups), make([]float64, images*groups), make([]float64, images*groups)
	for i, v := range x {
		mean[group(i)] += v / n
	}
	for i, v := range x {
		variance[group(i)] += (v - mean[group(i)]) * (v - mean[group(i)]) / n
	}
	for i, v := range x {
		g := group(i)
		y[i] = acts[a.Act](gamma[i%c]*(v-mean[g])/math.Sqrt(variance[g]+a.Eps) + beta[i%c])
	}
	return y
}

func TestGroupNorm(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		groups int
		a      instanceAttr
	}{
		{[]int{2, 3, 3, 14}, 7, instanceAttr{NormAttr{Eps: 1e-5}, 1}}, {[]int{3, 5, 7, 6}, 2, instanceAttr{NormAttr{Eps: 1e-3, Act: SiLU}, 16}},
		{[]int{2, 8, 8, 64}, 4, instanceAttr{NormAttr{Eps: 1e-5, Act: ReLU}, 1}}, {[]int{4, 9, 9, 20}, 1, instanceAttr{NormAttr{Eps: 1e-5}, 16}},
		{[]int{2, 3, 5, 7}, 7, instanceAttr{NormAttr{Eps: 1e-5}, 1}},
	} {
		k := c.shape[3]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: c.shape}, {Shape: []int{k}}, {Shape: []int{k}}},
			Build: func(in []*graph.Node) *graph.Node {
				return groupNorm(in[0], in[1], in[2], groupAttr{c.a, c.groups})
			},
			Ref: func(in [][]float64) []float64 {
				return groupNormOf(in[0], in[1], in[2], c.shape[0], c.groups, c.a.NormAttr)
			},
			Tol: 3e-5, GradTol: 3e-4, Step: 1e-6,
		})
	}
}
