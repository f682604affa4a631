package distill

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Squared distances from each query to the rows of its own segment, infinity past the segment's end, at widths that
// are and are not whole vectors of four.
func TestSegmentDistances(t *testing.T) {
	for _, width := range []int{1, 7, 64, 512} {
		const rows, longest = 150, 70
		segments := []uint32{0, 70, 70, 1, 100, 50, 149, 1, 3, 65}
		n := len(segments) / 2
		queries, pool := normals(1, n*width), normals(2, rows*width)
		g := graph.New(graphtest.Device(t))
		q, p := g.Input("q", graph.F32, n, width), g.Input("p", graph.F32, rows, width)
		s := g.Input("s", graph.U32, n, 2)
		d := SegmentDistances(q, p, s, longest)
		exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{d}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Close()
		err = firstError(exec.Set(q, queries), exec.Set(p, pool), exec.SetU32(s, segments), exec.Run(context.Background()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := exec.Get(d)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			first, count := int(segments[2*i]), int(segments[2*i+1])
			for k := range longest {
				want := math.Inf(1)
				if k < count {
					want = 0
					for f := range width {
						x := float64(queries[i*width+f]) - float64(pool[(first+k)*width+f])
						want += x * x
					}
				}
				if v := float64(got[i*longest+k]); v != want && !(math.Abs(v-want) <= 1e-5*(1+want)) {
					t.Fatalf("width %d: query %d, candidate %d: %g, want %g", width, i, k, v, want)
				}
			}
		}
	}
}

func normals(stream uint64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(graphtest.Normal(stream, uint64(i)))
	}
	return v
}
