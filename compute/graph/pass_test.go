package graph_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// adder is a pass from x [n,3] and k [n] of u32 to x + x and, for every batch,
// the count of its runs.
type adder struct {
	*graph.Pass
	x, k, y, total *graph.Node
}

func newAdder(t *testing.T, size int) adder {
	t.Helper()
	var a adder
	var err error
	a.Pass, err = graph.NewPass(graphtest.Device(t), "adder", size, func(g *graph.Graph, n int) []*graph.Node {
		a.x, a.k = g.Input("x", graph.F32, n, 3), g.Input("k", graph.U32, n, 1)
		a.y = graph.Add(a.x, a.x)
		a.total = g.Input("total", graph.F32, 1)
		return []*graph.Node{a.y, a.k, a.total}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// Every item goes through once, in order, and what fills the last batch up is
// left out of the results.
func TestPassTakesAnyNumberOfItems(t *testing.T) {
	a := newAdder(t, 4)
	for _, n := range []int{0, 1, 3, 4, 5, 8, 11} {
		var in, want, got []float32
		for i := range 3 * n {
			in, want = append(in, float32(i)+0.5), append(want, 2*float32(i)+1)
		}
		var batches [][2]int
		err := a.Each(context.Background(), n, func(b graph.Batch) error {
			batches = append(batches, [2]int{b.First, b.End})
			return errors.Join(
				b.Set(a.x, in[3*b.First:3*b.End]),
				b.SetU32(a.k, make([]uint32, b.End-b.First)),
			)
		}, func(b graph.Batch) error { return b.Append(&got, a.y) })
		if err != nil {
			t.Fatalf("%d items: %v", n, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d items: got %v, want %v", n, got, want)
		}
		for i, b := range batches {
			if b != [2]int{4 * i, min(4*i+4, n)} {
				t.Errorf("%d items: batch %d holds items %v", n, i, b)
			}
		}
		if len(batches) != (n+3)/4 {
			t.Errorf("%d items: %d batches", n, len(batches))
		}
	}
}

// The rest of a short batch is its last row again, unless all rows are given.
func TestPassFillsUpShortBatches(t *testing.T) {
	a := newAdder(t, 4)
	for _, c := range []struct{ rows, want []float32 }{
		{[]float32{1, 2, 3, 4, 5, 6}, []float32{2, 4, 6, 8, 10, 12, 8, 10, 12, 8, 10, 12}},
		{[]float32{1, 2, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8}, []float32{2, 4, 6, 8, 10, 12, 14, 14, 14, 16, 16, 16}},
	} {
		var got []float32
		err := a.Each(context.Background(), 2, func(b graph.Batch) error { return b.Set(a.x, c.rows) }, func(b graph.Batch) (err error) {
			got, err = a.Get(a.y)
			return err
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("rows %v: got %v, want %v: %v", c.rows, got, c.want, err)
		}
	}
}

func TestPassNamesWhatWentWrong(t *testing.T) {
	a := newAdder(t, 4)
	stop := errors.New("no such image")
	nothing := func(graph.Batch) error { return nil }
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name, want string
		ctx        context.Context
		set, get   func(b graph.Batch) error
	}{
		{name: "an item that cannot be read", want: "items 5 to 8 of 10: no such image", set: func(b graph.Batch) error {
			if b.First == 4 {
				return stop
			}
			return nil
		}},
		{name: "a result that is refused", want: "items 9 to 10 of 10: no such image", set: nothing, get: func(b graph.Batch) error {
			if b.End == 10 {
				return stop
			}
			return nil
		}},
		{name: "rows of another number", want: "got 6 f32 elements: want 4 or 4 rows of 3 f32", set: func(b graph.Batch) error { return b.Set(a.x, make([]float32, 6)) }},
		{name: "another type", want: "got 12 f32 elements: want 4 or 4 rows of 1 u32", set: func(b graph.Batch) error { return b.Set(a.k, make([]float32, 12)) }},
		{name: "no row for each item", want: "has no row for each of the 4 items", set: nothing,
			get: func(b graph.Batch) error { return b.Append(new([]float32), a.total) }},
		{name: "what is no output", want: "is not an output", set: nothing,
			get: func(b graph.Batch) error { return b.Append(new([]float32), a.x) }},
		{name: "a context that has ended", want: context.Canceled.Error(), ctx: ended, set: nothing},
	} {
		ctx := c.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		if err := a.Each(ctx, 10, c.set, c.get); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	if err := (&graph.Pass{Exec: a.Exec}).Each(context.Background(), 1, nothing, nil); err == nil {
		t.Error("a pass of no items a run ran")
	}
}
