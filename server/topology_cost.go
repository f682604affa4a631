package main

import (
	"fmt"
	"math"

	"reta/shared/topology"
)

// A computation that is expected to take more than this is refused unless --force asks for it.
const (
	costlyBytes   = 1 << 30
	costlySeconds = 60
)

// maxPoints is the most points that package topology takes, forced or not.
const maxPoints = topology.MaxPoints

// cost is what a computation is expected to take.
type cost struct{ Bytes, Seconds float64 }

// costOfPoints estimates the homology of n points of dim numbers: a matrix of distances beside what costOfGraph counts,
// and for all pairs about 0.45 n^2 edges, twice while the list grows. Times were fitted at 400 to 1600 points on one
// core of 2.8 GHz.
func costOfPoints(n, dim, k int, vr bool) cost {
	pairs := float64(n) * float64(n)
	edges := float64(n) * float64(k) / 2
	if vr {
		edges = 0.45 * pairs
	}
	c := costOfGraph(n, edges)
	c.Bytes += 8*pairs + 16*float64(n)*float64(dim)
	c.Seconds += pairs * (17 + 0.27*float64(dim)) * 1e-9
	if vr {
		c.Seconds += 0.8e-9 * pairs * float64(n)
	}
	return c
}

// costOfGraph estimates the homology of a weighted graph: a bit and half an edge number for every pair of points.
func costOfGraph(n int, edges float64) cost {
	pairs := float64(n) * float64(n)
	return cost{pairs*(2+1.0/8) + 32*edges, pairs*1e-9 + edges*300e-9}
}

// affordable refuses n points of a file that would take too much memory or time, with the estimate and the remedy,
// before anything is computed.
func (f *topologyFlags) affordable(name string, n int, c cost, remedy string) error {
	switch {
	case !f.force && (c.Bytes > costlyBytes || c.Seconds > costlySeconds):
		return dataError{fmt.Errorf("%s: %d points need about %.3g GiB of memory and %s of one core: %s, --force tries it anyway",
			name, n, c.Bytes/(1<<30), inWords(c.Seconds), remedy)}
	case n > maxPoints:
		return dataError{fmt.Errorf("%s: %d points: want at most %d: %s", name, n, maxPoints, remedy)}
	}
	return nil
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
