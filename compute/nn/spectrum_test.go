package nn

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Blocks of one, of few and of the most rows: the divergence of their eigenvalues' softmax from the same at a temperature, which
// counts as constant.
func TestSpectrumDivergence(t *testing.T) {
	for _, c := range []struct {
		blocks []int
		tau    float64
		scale  float64 // of the entries
	}{{[]int{1}, 4, 1}, {[]int{3, 1, 4}, 4, 1}, {[]int{7, 6}, 2, 0.5}, {[]int{SpectrumRows}, 4, 0.2}} {
		var labels []float64
		for b, n := range c.blocks {
			for range n {
				labels = append(labels, float64(7+b))
			}
		}
		n := len(labels)
		var constant [][]float64 // p of each block, at the first call
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.blocks),
			Inputs: []graphtest.In{
				{Shape: []int{n, n}, Values: func(i int) float64 {
					a, b := min(i/n, i%n), max(i/n, i%n)
					return c.scale * (math.Sin(float64(3*a+7*b)+float64(a*b)) + 0.3*float64((a+b)%3))
				}},
				{Shape: []int{n}, DType: graph.U32, Values: func(i int) float64 { return labels[i] }},
			},
			Build: func(in []*graph.Node) *graph.Node { return SpectrumDivergence(in[0], in[1], c.tau) },
			Ref: func(in [][]float64) []float64 {
				out, first := make([]float64, n), constant == nil
				from := 0
				for b, rows := range c.blocks {
					block := mat.NewSymDense(rows, nil)
					for i := range rows {
						for j := range i + 1 {
							block.SetSym(i, j, (in[0][(from+i)*n+from+j]+in[0][(from+j)*n+from+i])/2)
						}
					}
					var eigen mat.EigenSym
					eigen.Factorize(block, false)
					l := eigen.Values(nil)
					if first {
						constant = append(constant, softmax(l, c.tau))
					}
					q := softmax(l, 1)
					for i, p := range constant[b] {
						out[from] += p * (math.Log(p) - math.Log(q[i]))
					}
					from += rows
				}
				return out
			},
			Tol: 1e-4, GradTol: 1e-3,
		})
	}
}

func softmax(l []float64, tau float64) []float64 {
	out, sum := make([]float64, len(l)), 0.0
	for i, v := range l {
		out[i] = math.Exp(v / tau)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func TestSpectrumDivergenceRefuses(t *testing.T) {
	for want, shape := range map[string][2]int{"matrix [2,3]": {2, 3}, "N at most 50": {51, 51}} {
		g := graph.New(graphtest.Device(t))
		SpectrumDivergence(g.Input("x", graph.F32, shape[0], shape[1]), g.Input("labels", graph.U32, shape[0]), 4)
		if err := g.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", shape, err, want)
		}
	}
}
