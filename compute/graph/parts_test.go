package graph_test

import (
	"context"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/vk"
)

// What one binding does not see at once is computed in parts, with the same
// result.
func TestDividedWhereOneBindingIsTooSmall(t *testing.T) {
	dev := open(t, vk.Options{StorageRange: 4 << 10})
	for _, n := range []int{1, 1024, 1025, 5000, 8192} {
		g := graph.New(dev)
		a, b := g.Input("a", graph.F32, n), g.Input("b", graph.F32, n)
		sum := graph.Add(a, b)
		exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{sum}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		x, want := make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], want[i] = float32(i), 2*float32(i)
		}
		for _, in := range []*graph.Node{a, b} {
			if err := exec.Set(in, x); err != nil {
				t.Fatal(err)
			}
		}
		times, err := exec.Profile(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if parts := (n + 1023) / 1024; len(times) != parts {
			t.Errorf("%d elements: %d dispatches, want %d", n, len(times), parts)
		}
		if got, err := exec.Get(sum); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d elements: wrong sum, %v", n, err)
		}
		exec.Close()
	}
}

// Ranges hold every item once, start where the device can bind them, and hold
// whole steps.
func TestParts(t *testing.T) {
	dev := open(t, vk.Options{StorageRange: 1 << 10})
	for _, c := range []struct{ n, each, whole, step, most int }{
		{10, 16, 0, 1, 10}, {100, 16, 7, 1, 16}, {100, 3, 0, 1, 84}, {33, 100, 0, 2, 2}, {50, 8, 0, 3, 30}, {5, 300, 0, 1, 5},
	} {
		if c.each == 100 && dev.Info().Limits.OffsetAlign > 32 {
			continue // two items of 100 words end where this device binds nothing
		}
		g := graph.New(dev)
		x := g.Input("x", graph.F32, c.n, c.each)
		var items, words []int
		probe := &graph.Op{
			Name:  "probe",
			Infer: func(any, []*graph.Node) (graph.Shape, graph.DType, error) { return graph.Shape{1}, graph.F32, nil },
			Lower: func(l *graph.Lowering, n *graph.Node) {
				for k, ts := range l.Parts(c.n, c.step, []graph.Tensor{l.In(0), l.Scratch(max(1, c.whole)).Whole()}) {
					items, words = append(items, k), append(words, ts[0].Size())
					if ts[1].Size() != max(1, c.whole) {
						t.Errorf("%+v: a whole tensor of %d words has %d in a part", c, c.whole, ts[1].Size())
					}
				}
			},
		}
		if err := g.Fits(g.Apply(probe, nil, x)); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for i, k := range items {
			sum += k
			last := i == len(items)-1
			if words[i] != k*c.each || k > c.most || !last && (k%c.step != 0 || k*c.each%4 != 0) {
				t.Errorf("%+v: part %d has %d items and %d words", c, i, k, words[i])
			}
		}
		if sum != c.n {
			t.Errorf("%+v: parts %v hold %d items", c, items, sum)
		}
	}
}
