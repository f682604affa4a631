package topology

// MutualKNN returns the class-balanced graph of the paper's section 4.2 on one set: points i and j are joined, at
// their distance, when each is among the k nearest of the other. In formulas: with k' = min(k, n-1) and r_i the k'-th
// smallest distance from i to another point, {i,j} is an edge iff d(i,j) <= min(r_i, r_j). Ties at r_i all count, so
// the graph does not depend on the numbering and coincident points stay together; a vertex may then have more than k
// neighbours. For k >= n-1 the graph is complete. It has no edge when k < 1 or n < 2.
func MutualKNN(d Distances, k int) *Graph {
	within := nearest(d.N, k)
	heap := make([]float64, 0, max(min(k, d.N), 0))
	reach := make([]float64, d.N)
	edges := make([]Edge, 0, max(d.N*min(k, d.N-1)/2, 0))
	for i := range d.N {
		reach[i] = within(i, d.Row(i), heap)
		edges = candidates(edges, i, d.Row(i), reach[i])
	}
	return mutual(reach, edges)
}

// reach tells from the distances of point i to all points how far away its neighbours may be, less than 0 when it has
// none.
type reach func(i int, row, heap []float64) float64

// nearest reaches to the k-th nearest of n points. The heap needs room for k numbers.
func nearest(n, k int) reach {
	k = min(k, n-1)
	return func(i int, row, heap []float64) float64 {
		if k < 1 {
			return -1
		}
		return smallest(k, heap, row[:i], row[i+1:])
	}
}

// candidates appends the edges from i to later points within its reach.
func candidates(edges []Edge, i int, row []float64, reach float64) []Edge {
	for j := i + 1; j < len(row); j++ {
		if row[j] <= reach {
			edges = append(edges, Edge{int32(i), int32(j), row[j]})
		}
	}
	return edges
}

// mutual keeps the candidates that are within the reach of their later point too.
func mutual(reach []float64, edges []Edge) *Graph {
	kept := edges[:0]
	for _, e := range edges {
		if e.Weight <= reach[e.J] {
			kept = append(kept, e)
		}
	}
	return &Graph{N: len(reach), Edges: order(kept)}
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
