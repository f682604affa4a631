package nn

import (
	"context"
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// dense is a block in which each of three layers normalises all channels there
// are, on a slab or on tensors that Concat makes anew, by batch statistics or
// given ones. Its parameters are, for each of four norms, gamma and beta.
func dense(onSlab, first, train bool, in []*graph.Node) *graph.Node {
	attr, x := NormAttr{Eps: 1e-3, Act: ReLU}, in[0]
	total := x.Dim(-1)
	for _, y := range in[1:3] {
		total += y.Dim(-1)
	}
	var slab *Slab
	if onSlab {
		slab = NewSlab(x, total, first)
	}
	norm := func(k int) *graph.Node {
		gamma, beta, given := in[3+3*k], in[4+3*k], in[5+3*k]
		if onSlab {
			stats := given
			if train {
				stats = slab.Stats()
			}
			return slab.BatchNorm(gamma, beta, stats, attr)
		}
		stats := given
		if train {
			stats = ChannelStats(x)
		}
		return BatchNorm(x, gamma, beta, stats, attr, nil)
	}
	var ends []*graph.Node
	for k := range 3 {
		y := norm(k)
		ends = append(ends, y)
		if k == 2 {
			break
		}
		// the layer: some of what is normalised, times the given tensor
		y = Mul(SliceChannels(y, y.Dim(-1)-in[1+k].Dim(-1), in[1+k].Dim(-1)), in[1+k])
		switch {
		case onSlab:
			slab.Append(y)
		case first:
			x = Concat(y, x)
		default:
			x = Concat(x, y)
		}
	}
	return Concat(ends...)
}

// Values and all gradients are those of tensors joined by Concat, which the
// other tests check: the same bits, but where sums have another order.
func TestSlab(t *testing.T) {
	for _, c := range [][3]int{{8, 4, 4}, {5, 3, 2}, {4, 4, 1}} {
		for _, first := range []bool{false, true} {
			for _, train := range []bool{false, true} {
				t.Run(fmt.Sprint(c, first, train), func(t *testing.T) {
					var results [2][][]float32
					for i, onSlab := range []bool{false, true} {
						results[i] = runDense(t, c, onSlab, first, train)
					}
					for k, want := range results[0] {
						exact := make([]float64, len(want))
						for i, v := range want {
							exact[i] = float64(v)
						}
						graphtest.Near(t, fmt.Sprint("result ", k), results[1][k], exact, graphtest.Tolerance(1e-5, 4e-3))
					}
				})
			}
		}
	}
}

func runDense(t *testing.T, c [3]int, onSlab, first, train bool) [][]float32 {
	t.Helper()
	g := graph.New(graphtest.Device(t))
	var in []*graph.Node
	for i, n := range c {
		in = append(in, g.Input(fmt.Sprint("x", i), graph.F32, 2, 5, 7, n))
	}
	width := 0
	for i, n := range c {
		width += n
		for _, shape := range [][]int{{width}, {width}, {2, width}} {
			in = append(in, g.Input(fmt.Sprint("p", i), graph.F32, shape...))
		}
	}
	y := dense(onSlab, first, train, in)
	dy := g.Input("dy", graph.F32, y.Shape()...)
	outputs := []*graph.Node{y}
	for i, d := range g.GradFrom(y, dy, in...) {
		if d == nil && !train {
			t.Fatalf("no gradient for input %d", i)
		}
		if d != nil {
			outputs = append(outputs, d)
		}
	}
	e, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i, x := range append(in, dy) {
		v := make([]float32, x.Size())
		for k := range v {
			v[k] = float32(graphtest.Normal(uint64(i), uint64(k)))
			if x.Dim(0) == 2 && len(x.Shape()) == 2 {
				v[k] = float32(positive(k))
			}
		}
		if err := e.Set(x, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got [][]float32
	for _, n := range outputs {
		v, err := e.Get(n)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	return got
}

// A profile counts what is touched of a slab: the channels that are appended and those that are normalised.
func TestSlabsCountWhatIsTouched(t *testing.T) {
	g := graph.New(graphtest.Device(t)).Exact()
	s := NewSlab(g.Input("x", graph.F32, 1, 8, 8, 8), 64, false)
	s.Append(g.Input("y", graph.F32, 1, 8, 8, 4))
	gamma, beta := g.Input("gamma", graph.F32, 12), g.Input("beta", graph.F32, 12)
	out := s.BatchNorm(gamma, beta, s.Stats(), NormAttr{Eps: 1e-3})
	e, err := g.Compile(graph.CompileOptions{Name: "slab", Outputs: []*graph.Node{out}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	bytes := map[string]int{}
	for _, w := range e.Work() {
		bytes[w.Kernel] += w.Bytes
	}
	const pixels, read, written = 64, 4, 4
	// x and y into the slab, and four vectors of statistics joined: mean and variance of 8 and 4 channels
	if want := (read + written) * (pixels*(8+4) + 2*(8+4)); bytes["copy_channels"] != want {
		t.Errorf("copies move %d bytes, want %d", bytes["copy_channels"], want)
	}
	if want := read*(pixels*12+4*12) + written*pixels*12; bytes["batchnorm"] != want {
		t.Errorf("batch norm moves %d bytes, want %d", bytes["batchnorm"], want)
	}
}
