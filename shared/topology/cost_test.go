//go:build unix

package topology_test

import (
	"runtime"
	"syscall"
	"testing"

	"reta/shared/topology"
)

// The estimates are within a factor of 4 of what a run of middle size takes: of the memory it asks for in all, which is
// a little more than its peak, and of one processor's time, which does not depend on what else the machine does.
func TestCost(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	knn := func(c topology.Cloud, k int) *topology.Graph {
		g, err := c.MutualKNN(k)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	rips := func(c topology.Cloud, _ int) *topology.Graph {
		d := distances(t, c)
		return topology.Rips(d, topology.EnclosingRadius(d))
	}
	for _, run := range []struct {
		name      string
		n, dim, k int
		graph     func(c topology.Cloud, k int) *topology.Graph
		want      topology.Cost
	}{
		{"few, k-NN", 1000, 64, 10, knn, topology.CostMutualKNN(1000, 64, 10)},
		{"many, k-NN", 3000, 8, 10, knn, topology.CostMutualKNN(3000, 8, 10)},
		{"full, plane", 600, 2, 0, rips, topology.CostRips(600, 2)},
		{"full, features", 500, 512, 0, rips, topology.CostRips(500, 512)},
	} {
		c := clusters(t, run.n, run.dim, 5, 3)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := processorSeconds(t)
		topology.Persistence(run.graph(c, run.k))
		seconds := processorSeconds(t) - start
		runtime.ReadMemStats(&after)
		bytes := float64(after.TotalAlloc-before.TotalAlloc) + float64(8*run.n*run.dim)
		if r := bytes / run.want.Bytes; r < 0.25 || r > 4 {
			t.Errorf("%s: %.3g bytes, %.3g estimated", run.name, bytes, run.want.Bytes)
		}
		if r := seconds / run.want.Seconds; r < 0.25 || r > 4 {
			t.Errorf("%s: %.3g s, %.3g estimated", run.name, seconds, run.want.Seconds)
		}
	}
}

func processorSeconds(t *testing.T) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) * 1e-9
}
