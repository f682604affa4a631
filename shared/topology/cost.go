package topology

import "runtime"

// Cost is what a run is expected to take at its peak and in all. It is a model with constants measured on one core of
// a first-generation AMD EPYC, on clouds without much structure: expect a factor of 2 either way, and more where many
// points coincide.
type Cost struct {
	Bytes   float64 // of memory, the cloud's own 8*n*dim included
	Seconds float64
}

const nano = 1e-9

// pairSeconds is for one distance.
func pairSeconds(dim int) float64 { return (16 + 0.42*float64(dim)) * nano }

// CostMutualKNN estimates the homology of the mutual k-NN graph of n points: distances between all pairs, and at most
// n*k/2 edges.
func CostMutualKNN(n, dim, k int) Cost {
	points, edges := float64(n), float64(n)*float64(max(min(k, n-1), 0))/2
	c := Cost{
		Bytes:   8*points*float64(dim) + 200*points + 80*edges,
		Seconds: 180 * nano * edges,
	}
	if n <= fewPoints {
		c.Bytes += 8 * points * points
		c.Seconds += points * points * (pairSeconds(dim)/2 + 2*nano)
	} else {
		processors := float64(runtime.GOMAXPROCS(0))
		c.Bytes += 8 * band * points * processors
		c.Seconds += points * points * pairSeconds(dim) / processors
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
