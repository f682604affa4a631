package nn

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// segments are those of layers with the given columns, as values of a U32 input.
func segments(columns []int) func(int) float64 {
	var list []float64
	at := 0
	for _, c := range columns {
		list = append(list, float64(at), float64(c))
		at += c
	}
	return func(i int) float64 { return list[i] }
}

func TestMatchStatistics(t *testing.T) {
	for _, c := range []struct {
		name    string
		targets int
		columns []int
	}{
		{"one layer", 1, []int{5}},
		{"three layers, two targets", 2, []int{1, 70, 3}},
		{"more than a workgroup of columns", 3, []int{129, 64}},
	} {
		width, layers := 0, len(c.columns)
		for _, n := range c.columns {
			width += n
		}
		graphtest.Check(t, graphtest.Case{
			Name: c.name,
			Inputs: []graphtest.In{
				{Shape: []int{2, width}}, {Shape: []int{c.targets, 2, width}, NoGrad: true},
				{Shape: []int{c.targets, layers}, NoGrad: true, Values: func(i int) float64 { return float64(i%3) / 2 }}, // some are 0
				{Shape: []int{layers, 2}, DType: graph.U32, Values: segments(c.columns)},
			},
			Build: func(in []*graph.Node) *graph.Node { return MatchStatistics(in[0], in[1], in[2], in[3]) },
			Ref: func(in [][]float64) []float64 {
				out := make([]float64, layers)
				for l, n := range c.columns {
					from := int(in[3][2*l])
					for k := range c.targets {
						for row := range 2 {
							square := 0.0
							for i := range n {
								at := row*width + from + i
								d := in[0][at] - in[1][k*2*width+at]
								square += d * d
							}
							out[l] += in[2][k*layers+l] * math.Sqrt(square)
						}
					}
				}
				return out
			},
		})
	}
}

// Statistics that are the target's have a term of 0, and no gradient.
func TestMatchStatisticsAtZero(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	x, target := g.Input("x", graph.F32, 2, 3), g.Input("target", graph.F32, 1, 2, 3)
	weights, of := g.Const("weights", []float32{1}, 1, 1), g.Input("segments", graph.U32, 1, 2)
	y := MatchStatistics(x, target, weights, of)
	dx := g.Grad(Mean(y), x)[0]
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y, dx}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	same := []float32{1, 2, 3, 4, 5, 6}
	for _, err := range []error{e.Set(x, same), e.Set(target, same), e.SetU32(of, []uint32{0, 3}), e.Run(context.Background())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	value, _ := e.Get(y)
	gradient, _ := e.Get(dx)
	if value[0] != 0 || !slices.Equal(gradient, make([]float32, 6)) {
		t.Errorf("value %v, gradient %v, want 0", value, gradient)
	}
}

// The value is the first's, the gradient the second's.
func TestStraightThrough(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	value, x := g.Input("value", graph.F32, 2, 3), g.Input("x", graph.F32, 2, 3)
	y := StraightThrough(Scale(value, 2), x)
	dx := g.Grad(Mean(Mul(y, y)), x)[0]
	if g.Grad(Mean(y), value)[0] != nil {
		t.Error("a gradient goes to the value")
	}
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y, dx}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, err := range []error{e.Set(value, []float32{1, 2, 3, 4, 5, 6}), e.Set(x, make([]float32, 6)), e.Run(context.Background())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, _ := e.Get(y)
	gradient, _ := e.Get(dx)
	if !slices.Equal(got, []float32{2, 4, 6, 8, 10, 12}) {
		t.Errorf("value %v, want twice 1 to 6", got)
	}
	for i, v := range gradient { // of the mean of squares
		if want := 2 * float64(got[i]) / 6; math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("gradient %v, want %v at %d", gradient, want, i)
		}
	}
}
