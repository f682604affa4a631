package topology

// Cost is what a run is expected to take: a model with constants measured on one core of a first-generation AMD EPYC,
// on clouds without much structure. Expect a factor of 2 either way, and more where many points coincide.
type Cost struct {
	Bytes   float64 // of memory at its peak, the cloud's own 8*n*dim included
	Seconds float64 // of one processor; distances of large clouds are shared by all
}

const nano = 1e-9

// pairSeconds is for one distance.
func pairSeconds(dim int) float64 { return (16 + 0.42*float64(dim)) * nano }

// CostGraph estimates the homology of a graph of so many edges and triangles, with weights without structure: each triangle is
// looked at, and may have to be compared with others. Where weights are distances nearly none has to, and it takes far less.
func CostGraph(n, edges int, triangles float64) Cost {
	return Cost{
		Bytes:   200*float64(n) + 80*float64(edges) + 0.9*triangles,
		Seconds: 180*nano*float64(edges) + 6*nano*triangles + 1.2e-16*triangles*triangles,
	}
}

// MostTriangles is a bound on the graph's triangles, reached where all pairs are edges: an edge is in no more of them than one
// of its ends has other edges.
func (g *Graph) MostTriangles() (most float64) {
	degree := make([]int, g.N)
	for _, e := range g.Edges {
		degree[e.I]++
		degree[e.J]++
	}
	for _, e := range g.Edges {
		most += float64(min(degree[e.I], degree[e.J])-1) / 3
	}
	return most
}

// CostMutualKNN estimates the homology of the mutual k-NN graph of n points: distances between all pairs, and at most
// n*k/2 edges.
func CostMutualKNN(n, dim, k int) Cost {
	points := float64(n)
	c := CostGraph(n, n*max(min(k, n-1), 0)/2, 0) // distances: triangles take nothing to speak of
	c.Bytes += 8 * points * float64(dim)
	if n <= fewPoints {
		c.Bytes += 8 * points * points
		c.Seconds += points * points * (pairSeconds(dim)/2 + 2*nano)
	} else {
		c.Bytes += 8 * band * points * 2 // two processors, of as many as there are
		c.Seconds += points * points * pairSeconds(dim)
	}
	return c
}

// CostRips estimates the homology of the full Vietoris-Rips complex of n points: a matrix of distances, nearly all
// pairs as edges, and n/64 words of bits for each step with one of them.
func CostRips(n, dim int) Cost {
	points, edges := float64(n), float64(n)*float64(n)/2
	return Cost{
		Bytes:   8*points*float64(dim) + 60*edges,
		Seconds: edges * (pairSeconds(dim) + (120+0.1*points)*nano),
	}
}
