package main

import (
	"fmt"
	"math"

	"reta/shared/topology"
)

// A computation that is expected to take more than this is refused unless --force asks for it.
const (
	costlyBytes   = 1 << 30
	costlySeconds = 30
)

// cost estimates the homology of n points of dim numbers, and says how many points there may be at most: all pairs
// without a cut-off go through a matrix of distances. A comparison measures the bottleneck distance of n bars besides.
func (f *topologyFlags) cost(n, dim int) (need topology.Cost, most int) {
	switch {
	case f.compare != "":
		need = topology.CostMutualKNN(n, dim, f.options.K)
		need.Seconds += 140e-9 * float64(n) * float64(n)
		return need, topology.MaxPoints
	case !f.vr:
		return topology.CostMutualKNN(n, dim, f.options.K), topology.MaxPoints
	case f.cutoff > 0:
		return topology.CostRips(n, dim), topology.MaxPoints
	}
	return topology.CostRips(n, dim), topology.MaxMatrix
}

// affordable refuses n points of a file that would take too much memory or time, with the estimate and the remedy,
// before anything is computed. No flag helps beyond most points.
func (f *topologyFlags) affordable(name string, n, most int, c topology.Cost, remedy string) error {
	switch {
	case n > most:
		return dataError{fmt.Errorf("%s: %d points: want at most %d: %s", name, n, most, remedy)}
	case !f.force && (c.Bytes > costlyBytes || c.Seconds > costlySeconds):
		return dataError{fmt.Errorf("%s: %d points need about %s of memory and %s of one core: %s, --force tries it anyway",
			name, n, bytesInWords(c.Bytes), inWords(c.Seconds), remedy)}
	}
	return nil
}

func bytesInWords(n float64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.0f MiB", math.Ceil(n/(1<<20)))
	}
	return fmt.Sprintf("%.3g GiB", n/(1<<30))
}

// inWords rounds seconds to what an estimate is worth.
func inWords(seconds float64) string {
	switch {
	case seconds > 2*86400:
		return fmt.Sprintf("%.0f days", seconds/86400)
	case seconds > 2*3600:
		return fmt.Sprintf("%.0f h", seconds/3600)
	case seconds > 120:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.0f s", math.Ceil(seconds))
}
