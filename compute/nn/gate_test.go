package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// gated is the float64 meaning of Gate.
func gated(x, gate []float64, s []int) []float64 {
	y, c, size := make([]float64, len(x)), s[3], s[1]*s[2]*s[3]
	for i, v := range x {
		y[i] = v * gate[i/size*c+i%c]
	}
	return y
}

func TestGate(t *testing.T) {
	for _, s := range append(activations, []int{2, 28, 28, 8}) {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}, {Shape: []int{s[0], s[3]}}},
			Build:  func(in []*graph.Node) *graph.Node { return Gate(in[0], in[1]) },
			Ref:    func(in [][]float64) []float64 { return gated(in[0], in[1], s) },
		})
	}
}

// A whole squeeze-and-excite block; its gradient to x, through the gate and
// through the pooling, is one pass.
func TestSqueezeAndExcite(t *testing.T) {
	for _, s := range [][]int{{3, 5, 7, 6}, {2, 8, 8, 8}} {
		n, c, hidden := s[0], s[3], 3
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}, {Shape: []int{hidden, c}}, {Shape: []int{hidden}}, {Shape: []int{c, hidden}}, {Shape: []int{c}}},
			Build: func(in []*graph.Node) *graph.Node {
				h := Linear(GlobalAvgPool(in[0]), in[1], in[2], SiLU)
				y := Gate(in[0], Linear(h, in[3], in[4], Sigmoid))
				g := in[0].Graph()
				if dx, _ := graph.Unscaled(g.GradFrom(y, g.Input("seed", graph.F32, s...), in[0])[0]); dx.Attr() != gateShifted {
					t.Errorf("the gradients meet in %v", dx)
				}
				return y
			},
			Ref: func(in [][]float64) []float64 {
				pooled := make([]float64, n*c)
				for i, v := range in[0] {
					pooled[i/(s[1]*s[2]*c)*c+i%c] += v / float64(s[1]*s[2])
				}
				layer := func(x, w, b []float64, a Activation) (y []float64) {
					for i := range n {
						for k := range b {
							z := b[k]
							for j := range len(w) / len(b) {
								z += x[i*len(w)/len(b)+j] * w[k*len(w)/len(b)+j]
							}
							y = append(y, acts[a](z))
						}
					}
					return y
				}
				return gated(in[0], layer(layer(pooled, in[1], in[2], SiLU), in[3], in[4], Sigmoid), s)
			},
		})
	}
}

// As a GPU shares an image's pixels between invocations.
func TestPooledByLanes(t *testing.T) {
	for _, s := range activations {
		pixels, c := s[1]*s[2], s[3]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s, NoGrad: true}, {Shape: s, NoGrad: true}},
			Build: func(in []*graph.Node) *graph.Node {
				g := in[0].Graph()
				return Concat(g.Apply(globalAvgPoolOp, 16, in[0]), g.Apply(gateGradOp, 16, in[0], in[1]))
			},
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, s[0]*2*c)
				for i, v := range in[0] {
					at := i/(pixels*c)*2*c + i%c
					y[at] += v / float64(pixels)
					y[at+c] += v * in[1][i]
				}
				return y
			},
		})
	}
}
