package topo

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Rows land where the indices say, and nowhere else.
func TestPlace(t *testing.T) {
	for _, width := range []int{1, 3, 64, 257} {
		g := graph.New(graphtest.Device(t))
		table, err := graph.NewVariable(g.Device(), "table", graph.F32, false, 7, width)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Free()
		x, idx := g.Input("x", graph.F32, 4, width), g.Input("idx", graph.U32, 4)
		exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{Place(g.Variable(table), x, idx)}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Close()
		rows, want := make([]float32, 4*width), make([]float32, 7*width)
		for i := range rows {
			rows[i] = float32(i + 1)
		}
		for from, to := range []uint32{5, 7, 0, math.MaxUint32} {
			if to < 7 {
				copy(want[int(to)*width:], rows[from*width:(from+1)*width])
			}
		}
		for _, err := range []error{exec.Set(x, rows), exec.SetU32(idx, []uint32{5, 7, 0, math.MaxUint32}), exec.Run(context.Background())} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := table.Read(); err != nil || !slices.Equal(got, want) {
			t.Errorf("width %d: %v, want %v (%v)", width, got, want, err)
		}
	}
}
