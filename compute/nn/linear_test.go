package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestLinear(t *testing.T) {
	for _, c := range []struct{ n, in, out int }{{1, 1, 1}, {3, 5, 7}, {16, 64, 10}, {2, 130, 33}, {65, 32, 100}} {
		for _, biased := range []bool{false, true} {
			inputs := []graphtest.In{{Shape: []int{c.n, c.in}}, {Shape: []int{c.out, c.in}}}
			if biased {
				inputs = append(inputs, graphtest.In{Shape: []int{c.out}})
			}
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(c, biased),
				Inputs: inputs,
				Build: func(in []*graph.Node) *graph.Node {
					if biased {
						return Linear(in[0], in[1], in[2], SiLU)
					}
					return Linear(in[0], in[1], nil, None)
				},
				Ref: func(in [][]float64) []float64 {
					y := make([]float64, c.n*c.out)
					for i := range y {
						if biased {
							y[i] = in[2][i%c.out]
						}
						for k := range c.in {
							y[i] += in[0][i/c.out*c.in+k] * in[1][i%c.out*c.in+k]
						}
						if biased {
							y[i] = acts[SiLU](y[i])
						}
					}
					return y
				},
			})
		}
	}
}
