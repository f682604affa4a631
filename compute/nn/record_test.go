package nn

import (
	"context"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// A program that runs five times in a row takes the rows of its input one after the other and leaves its results in a
// table; past the end of both the last row is read and written.
func TestRecordByCounter(t *testing.T) {
	const rows = 4
	for _, size := range []int{1, 3, 100} {
		g := graph.New(graphtest.Device(t))
		made := func(d graph.DType, shape ...int) *graph.Variable {
			v, err := graph.NewVariable(g.Device(), "v", d, false, shape...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(v.Free)
			return v
		}
		counter, table := made(graph.U32, 1), made(graph.F32, rows, size)
		in := g.Input("rows", graph.F32, rows, size)
		row := Scale(GatherRows(in, g.Variable(counter)), 2)
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{Record(g.Variable(table), g.Variable(counter), row)}, Name: t.Name()})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var x, want []float32
		for i := range rows * size {
			x, want = append(x, float32(i)), append(want, float32(2*i))
		}
		if err := e.Set(in, x); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 3} {
			if done, err := e.Repeat(context.Background(), n); done != n || err != nil {
				t.Fatalf("repeated %d times, %v: want %d", done, err, n)
			}
			if got := read(t, table); n == 2 && !slices.Equal(got[:2*size], want[:2*size]) || n == 3 && !slices.Equal(got, want) {
				t.Errorf("rows of %d after %d more runs: %v, want %v", size, n, got, want)
			}
		}
		if err := counter.WriteU32([]uint32{1}); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if done, err := e.Repeat(ended, 3); done != 0 || err == nil {
			t.Errorf("repeated %d times after the context's end, %v", done, err)
		}
	}
}
