package distill

import (
	"context"
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// Every query sees its class's segment and nothing else; what lies past a short segment is +Inf; a query that is a
// candidate is at distance 0. On a device without subgroups as with them.
func TestSegmentDistances(t *testing.T) {
	plain, err := vk.Open(vk.Options{Disable: []string{"subgroup"}, Validation: true})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for name, dev := range map[string]*vk.Device{"broadcast": graphtest.Device(t), "plain": plain} {
		for _, c := range []struct{ classes, images, width, longest int }{
			{1, 1, 1, 1}, {3, 2, 5, 4}, {2, 17, 8, 33}, {2, 3, 513, 129}, {3, 8, 12, 65}, {1, 50, 64, 31},
		} {
			t.Run(fmt.Sprintf("%s/%+v", name, c), func(t *testing.T) {
				queries := normals(1, c.classes*c.images*c.width)
				var segments []uint32
				total := uint32(3) // rows of no class
				for k := range c.classes {
					count := uint32(c.longest - k%2*(c.longest/2))
					segments = append(segments, total, count)
					total += count
				}
				pool := normals(2, int(total)*c.width)
				copy(queries, pool[3*c.width:][:c.width])
				g := graph.New(dev)
				q, z := g.Input("q", graph.F32, c.classes, c.images, c.width), g.Input("z", graph.F32, int(total), c.width)
				s := g.Input("s", graph.U32, c.classes, 2)
				fit := SegmentDistances(q, z, s, c.longest)
				exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{fit}, Poison: true})
				if err != nil {
					t.Fatal(err)
				}
				defer exec.Close()
				if err := firstError(exec.Set(q, queries), exec.Set(z, pool), exec.SetU32(s, segments), exec.Run(context.Background())); err != nil {
					t.Fatal(err)
				}
				got, err := exec.Get(fit)
				if err != nil {
					t.Fatal(err)
				}
				if got[0] != 0 {
					t.Errorf("a candidate is at distance %v from itself", got[0])
				}
				for at, v := range got {
					q, i := at/c.longest, at%c.longest
					start, count := int(segments[q/c.images*2]), int(segments[q/c.images*2+1])
					want := math.Inf(1)
					if i < count {
						want = distance(queries[q*c.width:][:c.width], pool[(start+i)*c.width:][:c.width])
					}
					if v := float64(v); v != want && !(math.Abs(v-want) <= 1e-5*want) {
						t.Fatalf("query %d, candidate %d: got %v, want %v", q, i, v, want)
					}
				}
			})
		}
	}
}

// distance is |q - z|^2.
func distance(q, z []float32) (sum float64) {
	for k, v := range q {
		d := float64(v) - float64(z[k])
		sum += d * d
	}
	return sum
}

func normals(stream uint64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(graphtest.Normal(stream, uint64(i)))
	}
	return v
}
