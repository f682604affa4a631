package topology

// Rips returns the graph of all pairs at distance at most cutoff; its flag complex is the Vietoris-Rips complex.
// A cutoff of EnclosingRadius keeps every finite bar.
func Rips(d Distances, cutoff float64) *Graph {
	var edges []Edge
	for i := range d.N {
		for j, w := range d.Row(i)[i+1:] {
			if w <= cutoff {
				edges = append(edges, Edge{int32(i), int32(i + 1 + j), w})
			}
		}
	}
	return sorted(d.N, edges)
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
