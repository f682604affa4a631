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

// topologyCost estimates the memory and time of the persistent homology of n points of dim numbers, or of a graph when
// dim is 0: a matrix of distances and a triangle of edge numbers; for vr, the edges of all pairs within the enclosing
// radius, about 0.45 n^2, twice while the list grows. Times were fitted at 400 to 1600 points on one core of 2.8 GHz.
func topologyCost(n, dim int, vr bool) (bytes, seconds float64) {
	pairs := float64(n) * float64(n)
	bytes, seconds = pairs*(2+1.0/8), pairs*1e-9
	if dim > 0 {
		bytes += 8*pairs + 16*float64(n)*float64(dim)
		seconds += pairs * (17e-9 + 0.27e-9*float64(dim))
	}
	if vr {
		bytes += 0.45 * pairs * 32
		seconds += pairs*150e-9 + 0.8e-9*pairs*float64(n)
	}
	return bytes, seconds
}

// affordable refuses what would take too much memory or time, with the estimate and the remedy, before any distance is
// computed. name says whose points they are.
func affordable(name string, n, dim int, vr, force bool) error {
	remedy := "--sample 2000 takes as many of them by chance"
	if dim == 0 {
		remedy = "leave out the points that matter least"
	}
	bytes, seconds := topologyCost(n, dim, vr)
	switch {
	case !force && (bytes > costlyBytes || seconds > costlySeconds):
		return dataError{fmt.Errorf("%s: %d points need about %.3g GiB of memory and %s of one core: "+
			"%s, --force tries it anyway",
			name, n, bytes/(1<<30), inWords(seconds), remedy)}
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
