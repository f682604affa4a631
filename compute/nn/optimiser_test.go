package nn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// normals are n float32-exact standard normal numbers.
func normals(stream uint64, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(graphtest.Normal(stream, uint64(i))))
	}
	return v
}

func single(v []float64) []float32 {
	f := make([]float32, len(v))
	for i, x := range v {
		f[i] = float32(x)
	}
	return f
}

// variable is a tensor with the given elements that lives as long as the test.
func variable(t testing.TB, g *graph.Graph, data []float64, shape ...int) *graph.Variable {
	t.Helper()
	v, err := graph.NewVariable(g.Device(), "v", graph.F32, false, shape...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Free)
	if err := v.Write(single(data)); err != nil {
		t.Fatal(err)
	}
	return v
}

func read(t testing.TB, v *graph.Variable) []float32 {
	t.Helper()
	out, err := v.Read()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// adamStep is torch.optim.Adam (decoupled: AdamW), one element.
func adamStep(h Hyper, t int, decoupled bool, g float64, w, m, v *float64) {
	if decoupled {
		*w *= 1 - h.LR*h.WeightDecay
	} else {
		g += h.WeightDecay * *w
	}
	*m = h.Beta1**m + (1-h.Beta1)*g
	*v = h.Beta2**v + (1-h.Beta2)*g*g
	c1, c2 := 1-math.Pow(h.Beta1, float64(t)), 1-math.Pow(h.Beta2, float64(t))
	*w -= h.LR / c1 * *m / (math.Sqrt(*v)/math.Sqrt(c2) + h.Eps)
}

// sgdStep is torch.optim.SGD, one element; m is unused.
func sgdStep(h Hyper, g float64, w, v *float64) {
	g += h.WeightDecay * *w
	*v = h.Beta1**v + g
	if h.Nesterov {
		g += h.Beta1 * *v
	} else {
		g = *v
	}
	*w -= h.LR * g
}

// Five steps with another gradient and learning rate each, against torch's
// formulas in float64: weights and moments.
func TestOptimisers(t *testing.T) {
	h := Hyper{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.02}
	nesterov := h
	nesterov.Nesterov = true
	for name, o := range map[string]struct {
		hyper Hyper
		build func(w, g, m, v, hyper *graph.Node) *graph.Node
		step  func(h Hyper, t int, g float64, w, m, v *float64)
	}{
		"adam":  {h, Adam, func(h Hyper, t int, g float64, w, m, v *float64) { adamStep(h, t, false, g, w, m, v) }},
		"adamw": {h, AdamW, func(h Hyper, t int, g float64, w, m, v *float64) { adamStep(h, t, true, g, w, m, v) }},
		"sgd": {h, func(w, g, _, v, hyper *graph.Node) *graph.Node { return SGD(w, g, v, hyper) },
			func(h Hyper, _ int, g float64, w, _, v *float64) { sgdStep(h, g, w, v) }},
		"nesterov": {nesterov, func(w, g, _, v, hyper *graph.Node) *graph.Node { return SGD(w, g, v, hyper) },
			func(h Hyper, _ int, g float64, w, _, v *float64) { sgdStep(h, g, w, v) }},
	} {
		for _, n := range []int{1, 7, 1024, 1031} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				g := graph.New(graphtest.Device(t))
				w, m, v := normals(1, n), make([]float64, n), make([]float64, n)
				vw, vm, vv := variable(t, g, w, n), variable(t, g, m, n), variable(t, g, v, n)
				grad, hyper := g.Input("grad", graph.F32, n), g.Input("hyper", graph.F32, HyperWords)
				step := o.build(g.Variable(vw), grad, g.Variable(vm), g.Variable(vv), hyper)
				e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{step}, Poison: true, Name: name})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				for at := 1; at <= 5; at++ {
					h := o.hyper
					h.LR /= float64(at)
					d := normals(uint64(10+at), n)
					set(t, e, hyper, h.At(at))
					set(t, e, grad, single(d))
					if err := e.Run(context.Background()); err != nil {
						t.Fatal(err)
					}
					for i := range w {
						o.step(h, at, d[i], &w[i], &m[i], &v[i])
					}
				}
				graphtest.Near(t, "weights", read(t, vw), w, 1e-5)
				graphtest.Near(t, "second moment", read(t, vv), v, 1e-5)
				if name[0] == 'a' {
					graphtest.Near(t, "first moment", read(t, vm), m, 1e-5)
				}
			})
		}
	}
}

// An average of weights that another update moves in the same program: of those
// after it, where it is made after it. A decay of 0 copies bit for bit.
func TestEMA(t *testing.T) {
	for _, n := range []int{1, 7, 1031} {
		g := graph.New(graphtest.Device(t))
		w, v, avg := normals(1, n), make([]float64, n), normals(2, n)
		weights, velocity, average := variable(t, g, w, n), variable(t, g, v, n), variable(t, g, avg, n)
		grad, hyper, decay := g.Input("grad", graph.F32, n), g.Input("hyper", graph.F32, HyperWords), g.Input("decay", graph.F32, 1)
		step := SGD(g.Variable(weights), grad, g.Variable(velocity), hyper)
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{EMA(g.Variable(average), g.Variable(weights), decay), step}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		h := Hyper{LR: 0.1}
		for at, d := range []float64{0, 0.99, 0.5} {
			gradient := normals(uint64(5+at), n)
			set(t, e, hyper, h.At(1))
			set(t, e, decay, []float32{float32(d)})
			set(t, e, grad, single(gradient))
			if err := e.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			if d == 0 && !slices.Equal(read(t, average), read(t, weights)) {
				t.Errorf("%d numbers: a decay of 0 does not copy", n)
			}
			for i := range w {
				sgdStep(h, gradient[i], &w[i], &v[i])
				avg[i] = d*avg[i] + (1-d)*w[i]
			}
		}
		graphtest.Near(t, "average", read(t, average), avg, 1e-6)
	}
}

func set(t testing.TB, e *graph.Exec, n *graph.Node, v []float32) {
	t.Helper()
	if err := e.Set(n, v); err != nil {
		t.Fatal(err)
	}
}

// Rows that are chosen move and are clipped; the others keep their bits. NoRow
// moves nothing.
func TestAdamRows(t *testing.T) {
	lo, hi := []float64{-0.5, -1, -0.2}, []float64{0.4, 1.5, 0.1}
	h := Hyper{LR: 0.3, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}
	for _, c := range []struct {
		side int
		rows []uint32
	}{{1, []uint32{4}}, {3, []uint32{2, 0, 6}}, {4, []uint32{6, 1}}, {3, []uint32{2, NoRow, 6}}, {4, []uint32{NoRow, 1}}, {19, []uint32{0, 1, 2, 3, 4, 5, 6}}} {
		t.Run(fmt.Sprint(c.side, c.rows), func(t *testing.T) {
			g := graph.New(graphtest.Device(t))
			size := c.side * c.side * 3
			w, m, v := normals(1, 7*size), make([]float64, 7*size), make([]float64, 7*size)
			before := single(w)
			shape := []int{7, c.side, c.side, 3}
			vw, vm, vv := variable(t, g, w, shape...), variable(t, g, m, shape...), variable(t, g, v, shape...)
			grad := g.Input("grad", graph.F32, len(c.rows), c.side, c.side, 3)
			hyper := g.Input("hyper", graph.F32, HyperWords)
			idx := constU32(t, g, c.rows, len(c.rows))
			step := AdamRows(g.Variable(vw), grad, g.Variable(vm), g.Variable(vv), idx, hyper, lo, hi)
			e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{step}, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			for at := 1; at <= 3; at++ {
				d := normals(uint64(20+at), len(c.rows)*size)
				set(t, e, hyper, h.At(at))
				set(t, e, grad, single(d))
				if err := e.Run(context.Background()); err != nil {
					t.Fatal(err)
				}
				for i, x := range d {
					if c.rows[i/size] == NoRow {
						continue
					}
					to := int(c.rows[i/size])*size + i%size
					adamStep(h, at, false, x, &w[to], &m[to], &v[to])
					w[to] = math.Min(math.Max(w[to], lo[i%3]), hi[i%3])
				}
			}
			got := read(t, vw)
			graphtest.Near(t, "table", got, w, 1e-5)
			graphtest.Near(t, "first moment", read(t, vm), m, 1e-5)
			graphtest.Near(t, "second moment", read(t, vv), v, 1e-5)
			chosen := map[int]bool{}
			for _, r := range c.rows {
				chosen[int(r)] = true
			}
			for i := range got {
				if !chosen[i/size] && got[i] != before[i] {
					t.Fatalf("row %d was not chosen, element %d moved from %g to %g", i/size, i%size, before[i], got[i])
				}
			}
		})
	}
}

func TestGatherRows(t *testing.T) {
	for _, c := range []struct {
		shape []int
		idx   []uint32
	}{{[]int{1, 1}, []uint32{0}}, {[]int{5, 3, 3}, []uint32{4, 0, 4}}, {[]int{9, 8, 8, 4}, []uint32{8, 1, 0, 3, 3}}, {[]int{4, 1031}, []uint32{3, 2, 99}}} {
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.shape, c.idx),
			Inputs: []graphtest.In{{Shape: c.shape, NoGrad: true}, {
				Shape: []int{len(c.idx)}, DType: graph.U32, Values: func(i int) float64 { return float64(c.idx[i]) },
			}},
			Build: func(in []*graph.Node) *graph.Node { return GatherRows(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				size := len(in[0]) / c.shape[0]
				var y []float64
				for _, r := range c.idx {
					at := min(int(r), c.shape[0]-1) * size // past the end: the last row
					y = append(y, in[0][at:at+size]...)
				}
				return y
			},
			Tol: 1e-9,
		})
	}
}

func TestUpdateRunning(t *testing.T) {
	for _, c := range []int{1, 3, 64, 67} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			g := graph.New(graphtest.Device(t))
			mean, variance, batch := normals(1, c), normals(2, c), normals(3, 2*c)
			vm, vv := variable(t, g, mean, c), variable(t, g, variance, c)
			stats := g.Input("stats", graph.F32, 2, c)
			run(t, g, UpdateRunning(g.Variable(vm), g.Variable(vv), stats, 0.1, 5), map[*graph.Node][]float32{stats: single(batch)})
			for i := range c {
				mean[i] += 0.1 * (batch[i] - mean[i])
				variance[i] += 0.1 * (batch[c+i]*5/4 - variance[i])
			}
			graphtest.Near(t, "mean", read(t, vm), mean, 1e-6)
			graphtest.Near(t, "variance", read(t, vv), variance, 1e-6)
		})
	}
}
