package distill

import (
	"context"
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Every query sees its own segment and nothing else; what lies past a short
// segment is +Inf.
func TestSegmentDistances(t *testing.T) {
	for _, c := range []struct{ queries, pool, width, longest int }{{1, 1, 1, 1}, {3, 7, 5, 4}, {5, 70, 8, 66}, {2, 130, 513, 129}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			queries, pool := normals(1, c.queries*c.width), normals(2, c.pool*c.width)
			var segments []uint32
			for q := range c.queries {
				count := c.longest - q%2*(c.longest/2)
				segments = append(segments, uint32(q*3%(c.pool-count+1)), uint32(count))
			}
			g := graph.New(graphtest.Device(t))
			nodes := []*graph.Node{g.Input("q", graph.F32, c.queries, c.width), g.Input("z", graph.F32, c.pool, c.width), g.Input("s", graph.U32, c.queries, 2)}
			fit := SegmentDistances(nodes[0], nodes[1], nodes[2], c.longest)
			exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{fit}, Poison: true})
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Close()
			if err := firstError(exec.Set(nodes[0], queries), exec.Set(nodes[1], pool), exec.SetU32(nodes[2], segments), exec.Run(context.Background())); err != nil {
				t.Fatal(err)
			}
			got, err := exec.Get(fit)
			if err != nil {
				t.Fatal(err)
			}
			for q := range c.queries {
				for i := range c.longest {
					want := math.Inf(1)
					if i < int(segments[2*q+1]) {
						want = 0
						for k := range c.width {
							d := float64(queries[q*c.width+k]) - float64(pool[(int(segments[2*q])+i)*c.width+k])
							want += d * d
						}
					}
					if v := float64(got[q*c.longest+i]); v != want && !(math.Abs(v-want) <= 1e-5*want) {
						t.Fatalf("query %d, candidate %d: got %v, want %v", q, i, v, want)
					}
				}
			}
		})
	}
}

func normals(stream uint64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(graphtest.Normal(stream, uint64(i)))
	}
	return v
}
