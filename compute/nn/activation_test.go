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

// acts is the float64 meaning of each activation.
var acts = map[Activation]func(x float64) float64{
	None:    func(x float64) float64 { return x },
	ReLU:    func(x float64) float64 { return math.Max(x, 0) },
	ReLU6:   func(x float64) float64 { return math.Min(math.Max(x, 0), 6) },
	Sigmoid: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	SiLU:    func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	GELU:    func(x float64) float64 { return x * (1 + math.Erf(x/math.Sqrt2)) / 2 },
}

// Large inputs, so that both kinks and the flat parts are met.
func TestActivate(t *testing.T) {
	for a, f := range acts {
		for _, s := range sizes[1:] { // GELU's left tail is only right beside larger values
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(a, s),
				Inputs: []graphtest.In{{Shape: s, Values: func(i int) float64 { return 5 * graphtest.Normal(3, uint64(i)) }}},
				Build:  func(in []*graph.Node) *graph.Node { return Activate(in[0], a) },
				Ref:    mapEach(f),
			})
		}
	}
}

// Each value is right to 1e-6 of itself or, in GELU's left tail, to 5e-7;
// nothing overflows far from zero.
func TestActivateValues(t *testing.T) {
	x := []float32{-1e4, -100, -20, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 3, 7, 100, 1e4}
	for a, f := range acts {
		if a == None {
			continue
		}
		g := graph.New(graphtest.Device(t))
		got := run(t, g, Activate(g.Const("x", x, len(x)), a), nil)
		for i, v := range x {
			want := f(float64(v))
			tol := 1e-6 * math.Abs(want)
			if a == GELU && v < 0 {
				tol = 5e-7
			}
			if !(math.Abs(float64(got[i])-want) <= tol+1e-30) {
				t.Errorf("%v of %g: got %g, want %g", a, v, got[i], want)
			}
		}
	}
}

// Two gradients meet behind the activation: their sum is sent back in one pass.
func TestActivateOfTwoUses(t *testing.T) {
	for _, a := range []Activation{ReLU, SiLU} {
		for _, s := range sizes {
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(a, s),
				Inputs: []graphtest.In{{Shape: s}, {Shape: s, NoGrad: true}},
				Build: func(in []*graph.Node) *graph.Node {
					y := Activate(in[0], a)
					return graph.Add(Scale(y, 3), Mul(y, in[1]))
				},
				Ref: func(in [][]float64) []float64 {
					z := make([]float64, len(in[0]))
					for i, x := range in[0] {
						z[i] = acts[a](x) * (3 + in[1][i])
					}
					return z
				},
			})
		}
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
