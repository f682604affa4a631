package topology

// MutualKNN returns the class-balanced graph of the paper's section 4.2 on one set: points i and j are joined, at
// their distance, when each is among the k nearest of the other. In formulas: with k' = min(k, n-1) and r_i the k'-th
// smallest distance from i to another point, {i,j} is an edge iff d(i,j) <= min(r_i, r_j). Ties at r_i all count, so
// the graph does not depend on the numbering and coincident points stay together; a vertex may then have more than k
// neighbours. For k >= n-1 the graph is complete. It has no edge when k < 1 or n < 2.
func MutualKNN(d Distances, k int) *Graph {
	k = min(k, d.N-1)
	if k < 1 {
		return &Graph{N: d.N}
	}
	reach := make([]float64, d.N)
	row := make([]float64, 0, d.N)
	for i := range d.N {
		row = append(append(row[:0], d.Row(i)[:i]...), d.Row(i)[i+1:]...)
		reach[i] = smallest(row, k)
	}
	edges := make([]Edge, 0, d.N*k/2)
	for i := range d.N {
		ri, row := reach[i], d.Row(i)
		for j := i + 1; j < d.N; j++ {
			if w := row[j]; w <= ri && w <= reach[j] {
				edges = append(edges, Edge{int32(i), int32(j), w})
			}
		}
	}
	return sorted(d.N, edges)
}

// smallest returns the k-th smallest value, k from 1, reordering v: Hoare's quickselect with median of three.
func smallest(v []float64, k int) float64 {
	k--
	lo, hi := 0, len(v)-1
	for lo < hi {
		a, b, c := v[lo], v[(lo+hi)/2], v[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}
