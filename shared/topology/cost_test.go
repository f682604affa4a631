package topology_test

import (
	"runtime"
	"testing"

	"reta/shared/topology"
)

// costs are runs of middle size and what they are expected to take.
var costs = []struct {
	name      string
	n, dim, k int // k 0: all pairs
	want      topology.Cost
}{
	{"few k-NN", 1000, 64, 10, topology.CostMutualKNN(1000, 64, 10)},
	{"many k-NN", 3000, 8, 10, topology.CostMutualKNN(3000, 8, 10)},
	{"full plane", 600, 2, 0, topology.CostRips(600, 2)},
	{"full features", 500, 512, 0, topology.CostRips(500, 512)},
}

func compute(t testing.TB, c topology.Cloud, k int) {
	t.Helper()
	if k > 0 {
		g, err := c.MutualKNN(k)
		if err != nil {
			t.Fatal(err)
		}
		topology.Persistence(g)
		return
	}
	d := distances(t, c)
	topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
}

// The estimate of memory is within a factor of 4 of what a run asks for in all, which is a little more than its peak.
func TestCost(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, run := range costs {
		c := clusters(t, run.n, run.dim, 5, 3)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		compute(t, c, run.k)
		runtime.ReadMemStats(&after)
		bytes := float64(after.TotalAlloc-before.TotalAlloc) + float64(8*run.n*run.dim)
		if r := bytes / run.want.Bytes; r < 0.25 || r > 4 {
			t.Errorf("%s: %.3g bytes, %.3g estimated", run.name, bytes, run.want.Bytes)
		}
	}
}

// BenchmarkCost reports the time of a run over its estimate.
func BenchmarkCost(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, run := range costs {
		c := clusters(b, run.n, run.dim, 5, 3)
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				compute(b, c, run.k)
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/run.want.Seconds, "times-estimate")
		})
	}
}
