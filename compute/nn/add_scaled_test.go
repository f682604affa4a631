package nn

import (
	"context"
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestAddScaled(t *testing.T) {
	for _, shape := range [][]int{{1}, {7}, {3, 5, 67}, {2, 4096}} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(shape),
			Inputs: []graphtest.In{{Shape: shape, NoGrad: true}, {Shape: shape, NoGrad: true}, {Shape: []int{1}, NoGrad: true}},
			Build:  func(in []*graph.Node) *graph.Node { return AddScaled(in[0], in[1], in[2], -0.75) },
			Ref: func(in [][]float64) (y []float64) {
				for i, x := range in[0] {
					y = append(y, x-0.75*in[2][0]*in[1][i])
				}
				return y
			},
		})
	}
}

// Rows named move, the others stay as they are bit for bit; an index past the
// table does nothing.
func TestAddRows(t *testing.T) {
	for _, shape := range [][]int{{5, 8}, {4, 3, 5, 3}, {9, 1}, {3, 1030}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			g := graph.New(graphtest.Device(t))
			rows, size := shape[0], graph.Shape(shape[1:]).Size()
			first := normals(1, rows*size)
			table := variable(t, g, first, shape...)
			idx := []uint32{uint32(rows - 1), 0, NoRow}
			x := g.Input("x", graph.F32, append([]int{len(idx)}, shape[1:]...)...)
			at, s := g.Input("idx", graph.U32, len(idx)), g.Input("s", graph.F32, 1)
			e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{AddRows(g.Variable(table), x, at, s, 2)}, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			add := normals(2, len(idx)*size)
			for _, err := range []error{e.Set(x, single(add)), e.SetU32(at, idx), e.Set(s, []float32{-0.25}), e.Run(context.Background())} {
				if err != nil {
					t.Fatal(err)
				}
			}
			got := read(t, table)
			want := append([]float64(nil), first...)
			for n, row := range idx[:2] {
				for i := range size {
					want[int(row)*size+i] += 2 * -0.25 * add[n*size+i]
				}
			}
			graphtest.Near(t, "table", got, want, 1e-6)
			for i := size; i < (rows-1)*size; i++ {
				if got[i] != float32(first[i]) {
					t.Fatalf("element %d of no row given is %g, was %g", i, got[i], first[i])
				}
			}
		})
	}
}
