package topology

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// MaxEdges is the largest number of edges that a graph made from a cloud may have: they take 2 GiB.
const MaxEdges = 1 << 27

// fewPoints is the size up to which a matrix of distances is cheap: 32 MiB.
const fewPoints = 1 << 11

// MutualKNN returns the class-balanced graph of the paper's section 4.2 on one set: points i and j are joined, at
// their distance, when each is among the k nearest of the other. In formulas: with k' = min(k, n-1) and r_i the k'-th
// smallest distance from i to another point, {i,j} is an edge iff d(i,j) <= min(r_i, r_j). Ties at r_i all count, so
// the graph does not depend on the numbering and coincident points stay together; a vertex may then have more than k
// neighbours. For k >= n-1 the graph is complete. It has no edge when k < 1 or n < 2.
func MutualKNN(d Distances, k int) *Graph {
	within := nearest(d.N, k)
	heap := make([]float64, 0, max(min(k, d.N), 0))
	radius := make([]float64, d.N)
	edges := make([]Edge, 0, max(d.N*min(k, d.N-1)/2, 0))
	for i := range d.N {
		radius[i] = within(i, d.Row(i), heap)
		edges = candidates(edges, i, d.Row(i), radius[i])
	}
	return mutual(radius, edges)
}

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
	return c.graphByRows(MaxEdges, min(k, c.N), nearest(c.N, k))
}

// MutualKNNUnion returns the subgraphs on the real and on the synthetic points of the mutual k-NN graph of all of them, so
// that a point with k nearer neighbours in the other set has none in its own. Each is a part of its set's own mutual k-NN
// graph, and equal to it where the sets lie far apart.
func MutualKNNUnion(real, syn Cloud, k int) (onReal, onSyn *Graph, err error) {
	if real.Dim != syn.Dim {
		return nil, nil, fmt.Errorf("union: real points have %d coordinates, synthetic ones %d: want the same", real.Dim, syn.Dim)
	}
	all := Cloud{N: real.N + syn.N, Dim: real.Dim, X: slices.Concat(real.X, syn.X)}
	g, err := all.MutualKNN(k)
	if err != nil {
		return nil, nil, fmt.Errorf("union: %w", err)
	}
	onReal, onSyn = &Graph{N: real.N}, &Graph{N: syn.N}
	first := int32(real.N) // of the synthetic points
	for _, e := range g.Edges {
		switch {
		case e.J < first:
			onReal.Edges = append(onReal.Edges, e)
		case e.I >= first:
			onSyn.Edges = append(onSyn.Edges, Edge{e.I - first, e.J - first, e.Weight})
		}
	}
	return onReal, onSyn, nil
}

// Rips returns the graph of all pairs at distance at most cutoff; its flag complex is the Vietoris-Rips complex.
// A cutoff of EnclosingRadius keeps every finite bar.
func Rips(d Distances, cutoff float64) *Graph {
	pairs := 0
	for i := range d.N {
		for _, w := range d.Row(i)[i+1:] {
			if w <= cutoff {
				pairs++
			}
		}
	}
	edges := make([]Edge, 0, pairs)
	for i := range d.N {
		edges = candidates(edges, i, d.Row(i), cutoff)
	}
	return &Graph{N: d.N, Edges: sortEdges(edges)}
}

// Rips returns the graph of all pairs at distance at most cutoff, like Rips of the cloud's distances but without their
// matrix. More than MaxEdges pairs are an error, and so are distances that overflow.
func (c Cloud) Rips(cutoff float64) (*Graph, error) {
	return c.graphByRows(MaxEdges, 0, func(int, []float64, []float64) float64 { return cutoff })
}

// EnclosingRadius returns min_i max_j d(i,j): from there on one point sees all others, the Vietoris-Rips complex is a
// cone and its homology changes no more. It is 0 for no point.
func EnclosingRadius(d Distances) float64 {
	radius := 0.0
	for i := range d.N {
		far := 0.0
		for _, w := range d.Row(i) {
			far = max(far, w)
		}
		if i == 0 || far < radius {
			radius = far
		}
	}
	return radius
}

// radius returns from the distances of point i to all points how far away its neighbours may be, less than 0 when it has
// none.
type radius func(i int, row, heap []float64) float64

// nearest radii to the k-th nearest of n points. The heap needs room for k numbers.
func nearest(n, k int) radius {
	k = min(k, n-1)
	return func(i int, row, heap []float64) float64 {
		if k < 1 {
			return -1
		}
		return smallest(k, heap, row[:i], row[i+1:])
	}
}

// candidates appends the edges from i to later points within its radius.
func candidates(edges []Edge, i int, row []float64, radius float64) []Edge {
	for j := i + 1; j < len(row); j++ {
		if row[j] <= radius {
			edges = append(edges, Edge{int32(i), int32(j), row[j]})
		}
	}
	return edges
}

// mutual keeps the candidates that are within the radius of their later point too.
func mutual(radius []float64, edges []Edge) *Graph {
	kept := edges[:0]
	for _, e := range edges {
		if e.Weight <= radius[e.J] {
			kept = append(kept, e)
		}
	}
	return &Graph{N: len(radius), Edges: sortEdges(kept)}
}

// smallest returns the k-th smallest of all values, k from 1 to their number. It keeps the k smallest so far in a heap
// with the largest on top, so that most values take one comparison.
func smallest(k int, heap []float64, values ...[]float64) float64 {
	heap = heap[:0]
	for _, part := range values {
		for _, v := range part {
			switch {
			case len(heap) < k:
				heap = append(heap, v)
				for at := len(heap) - 1; at > 0 && heap[(at-1)/2] < heap[at]; at = (at - 1) / 2 {
					heap[at], heap[(at-1)/2] = heap[(at-1)/2], heap[at]
				}
			case v < heap[0]:
				sink(heap, v)
			}
		}
	}
	return heap[0]
}

// sink replaces the top of a heap.
func sink(heap []float64, v float64) {
	at := 0
	for {
		child := 2*at + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] > heap[child] {
			child++
		}
		if v >= heap[child] {
			break
		}
		heap[at] = heap[child]
		at = child
	}
	heap[at] = v
}

// band is how many points' rows are computed side by side, so that each other point is read from memory once for all.
const band = 16

// graphByRows makes the graph of the pairs within the radius of both, if no more than most are within that of one. Its
// edges do not depend on the number of processors: each band has its own list.
func (c Cloud) graphByRows(most int64, heap int, within radius) (*Graph, error) {
	n := c.N
	bands := (n + band - 1) / band
	radii, lists, errs := make([]float64, n), make([][]Edge, bands), make([]error, bands)
	var next, total atomic.Int64
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), bands) {
		done.Go(func() {
			rows, buffer := Distances{N: n, v: make([]float64, band*n)}, make([]float64, 0, max(heap, 0))
			for b := int(next.Add(1)) - 1; b < bands && total.Load() <= most; b = int(next.Add(1)) - 1 {
				from, to := b*band, min((b+1)*band, n)
				c.fill(rows, from, to)
				for i := from; i < to; i++ {
					row := rows.Row(i - from)
					if errs[b] = farAway(i, row); errs[b] != nil {
						next.Store(int64(bands)) // the bands before b are taken already
						return
					}
					radii[i] = within(i, row, buffer)
					before := len(lists[b])
					lists[b] = candidates(lists[b], i, row, radii[i])
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
	return mutual(radii, edges), nil
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
