package graph_test

import (
	"context"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// addTo is variable += x, and gives nothing to read.
var addTo = &graph.Op{
	Name:  "add to",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		sum := l.Scratch(n.Size())
		l.Dispatch(graph.Kernel{Shader: "add", In: []graph.Tensor{l.In(0), l.In(1)}, Out: []graph.Tensor{sum}, Push: graph.Push{"n": n.Size()}, Groups: graph.Elementwise(n.Size())})
		zero := l.In(2)
		l.Dispatch(graph.Kernel{Shader: "add", In: []graph.Tensor{sum, zero}, Out: []graph.Tensor{l.In(0)}, Push: graph.Push{"n": n.Size()}, Groups: graph.Elementwise(n.Size())})
	},
	Updates: []int{0},
}

// Runs on their way have inputs and outputs of their own, see what the runs before them wrote, and are waited for only when
// there are as many as can be; an input that is not set stays as it was.
func TestRunsInFlight(t *testing.T) {
	dev, ctx := graphtest.Device(t), context.Background()
	sum, err := graph.NewVariable(dev, "sum", graph.F32, false, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer sum.Free()
	for _, lanes := range []int{0, 1, 2, graph.InFlight} {
		g := graph.New(dev)
		x, y := g.Input("x", graph.F32, 5), g.Input("y", graph.F32, 5)
		total := g.Variable(sum)
		out := graph.Add(graph.Add(x, y), total) // with the sum as it was
		step := g.Apply(addTo, nil, total, x, g.Const("zero", make([]float32, 5), 5))
		exec, err := g.Compile(graph.CompileOptions{Name: "flights", Outputs: []*graph.Node{out, step}, InFlight: lanes})
		if err != nil {
			t.Fatal(err)
		}
		if err := sum.Zero(); err != nil {
			t.Fatal(err)
		}
		before, most := dev.Work().Waits, max(1, lanes)
		var flights []*graph.Flight
		var want [][]float32
		was, kept := float32(0), float32(0)
		for i := range 10 {
			value := float32(i + 1)
			if err := exec.Set(x, slices.Repeat([]float32{value}, 5)); err != nil {
				t.Fatal(err)
			}
			if i%4 == 0 {
				kept = 100 * value
				if err := exec.Set(y, slices.Repeat([]float32{kept}, 5)); err != nil {
					t.Fatal(err)
				}
			}
			f, err := exec.Submit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			flights, want = append(flights, f), append(want, slices.Repeat([]float32{value + kept + was}, 5))
			was += value
			if waits := dev.Work().Waits - before; i < most && waits != 0 || waits > max(0, i+1-most) {
				t.Errorf("%d runs at a time: %d waits for %d of them", most, waits, i+1)
			}
		}
		for i, f := range slices.Backward(flights) {
			if got, err := f.Get(out); err != nil || !slices.Equal(got, want[i]) {
				t.Errorf("%d runs at a time: run %d gave %v, want %v (%v)", most, i, got, want[i], err)
			}
		}
		if got, err := sum.Read(); err != nil || got[4] != was {
			t.Errorf("%d runs at a time: the sum is %v, want %v (%v)", most, got, was, err)
		}
		if err := exec.Run(ctx); err != nil { // with the inputs as they are
			t.Fatal(err)
		}
		if got, err := exec.Get(out); err != nil || got[0] != 10+kept+was {
			t.Errorf("%d runs at a time: one more gave %v, want %v (%v)", most, got, 10+kept+was, err)
		}
		if got, err := flights[9].Get(out); err != nil || !slices.Equal(got, want[9]) {
			t.Errorf("%d runs at a time: run 9 gives %v once another has followed, want %v (%v)", most, got, want[9], err)
		}
		if m := exec.Memory(); m.Own != int64(most)*(4*32) {
			t.Errorf("%d runs at a time take %+v: want %d bytes of their own", most, m, most*4*32)
		}
		exec.Close()
	}
}
