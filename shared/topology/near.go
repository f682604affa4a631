package topology

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// MaxEdges is the largest number of edges that a graph made from a cloud may have: they take 2 GiB.
const MaxEdges = 1 << 27

// fewPoints is the size up to which a matrix of distances is cheap: 32 MiB.
const fewPoints = 1 << 11

// MutualKNN returns the same graph as MutualKNN of the cloud's distances. Beyond the size at which a matrix is cheap it
// goes through the points row by row on all processors, in memory for n*k edges, and every distance is taken twice.
// Ties that make more than MaxEdges edges are an error, and so are distances that overflow.
func (c Cloud) MutualKNN(k int) (*Graph, error) {
	if c.N <= fewPoints {
		d, err := c.Distances()
		if err != nil {
			return nil, err
		}
		return MutualKNN(d, k), nil
	}
	return c.join(MaxEdges, min(k, c.N), nearest(c.N, k))
}

// Rips returns the graph of all pairs at distance at most cutoff, like Rips of the cloud's distances but without their
// matrix. More than MaxEdges pairs are an error, and so are distances that overflow.
func (c Cloud) Rips(cutoff float64) (*Graph, error) {
	return c.join(MaxEdges, 0, func(int, []float64, []float64) float64 { return cutoff })
}

// band is how many points' rows are computed side by side, so that each other point is read from memory once for all.
const band = 16

// join makes the graph of the pairs within the reach of both, if no more than most are within the reach of one. Its
// edges do not depend on the number of processors: each band has its own list.
func (c Cloud) join(most int64, heap int, within reach) (*Graph, error) {
	n := c.N
	bands := (n + band - 1) / band
	reaches, lists, errs := make([]float64, n), make([][]Edge, bands), make([]error, bands)
	var next, total atomic.Int64
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), bands) {
		done.Go(func() {
			rows, room := Distances{N: n, v: make([]float64, band*n)}, make([]float64, 0, max(heap, 0))
			for b := int(next.Add(1)) - 1; b < bands && total.Load() <= most; b = int(next.Add(1)) - 1 {
				from, to := b*band, min((b+1)*band, n)
				c.fill(rows, from, to)
				for i := from; i < to; i++ {
					row := rows.Row(i - from)
					if errs[b] = farAway(i, row); errs[b] != nil {
						next.Store(int64(bands)) // the bands before b are taken already
						return
					}
					reaches[i] = within(i, row, room)
					before := len(lists[b])
					lists[b] = candidates(lists[b], i, row, reaches[i])
					if total.Add(int64(len(lists[b])-before)) > most {
						return
					}
				}
			}
		})
	}
	done.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if total.Load() > most {
		return nil, fmt.Errorf("graph: more than %d edges on %d points: want fewer neighbours, a smaller cut-off or fewer points",
			most, n)
	}
	edges := make([]Edge, 0, total.Load())
	for _, list := range lists {
		edges = append(edges, list...)
	}
	return mutual(reaches, edges), nil
}

// fill writes the distances of points from to to-1 to all points into the first rows.
func (c Cloud) fill(rows Distances, from, to int) {
	j := 0
	for ; j+4 <= c.N; j += 4 {
		for i := from; i < to; i++ {
			s0, s1, s2, s3 := c.squares(c.Row(i), j)
			row := rows.Row(i - from)[j : j+4]
			row[0], row[1], row[2], row[3] = math.Sqrt(s0), math.Sqrt(s1), math.Sqrt(s2), math.Sqrt(s3)
		}
	}
	for ; j < c.N; j++ {
		for i := from; i < to; i++ {
			rows.Row(i - from)[j] = math.Sqrt(c.square(c.Row(i), j))
		}
	}
}
