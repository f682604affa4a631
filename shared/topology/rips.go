package topology

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
	return &Graph{N: d.N, Edges: order(edges)}
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
