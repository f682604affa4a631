package topology

import (
	"fmt"
	"math"
)

// Distances is the symmetric matrix of pairwise Euclidean distances of N points.
type Distances struct {
	N int
	v []float64
}

// At returns the distance between points i and j.
func (d Distances) At(i, j int) float64 { return d.v[i*d.N+j] }

// Row returns the distances from point i to every point, shared with the matrix.
func (d Distances) Row(i int) []float64 { return d.v[i*d.N : (i+1)*d.N : (i+1)*d.N] }

// Distances computes all pairwise distances from coordinate differences. The Gram form |a|^2+|b|^2-2ab needs fewer
// operations but loses the small distances that H0 is made of. Each pair is summed in the order of the coordinates,
// so its value does not depend on the numbering of the points. Coordinates so far apart that a distance overflows
// are an error.
func (c Cloud) Distances() (Distances, error) {
	n := c.N
	d := Distances{N: n, v: make([]float64, n*n)}
	for i := range n {
		a := c.Row(i)
		j := i + 1
		for ; j+4 <= n; j += 4 { // four independent sums hide the latency of the additions
			b0, b1, b2, b3 := c.Row(j)[:len(a)], c.Row(j + 1)[:len(a)], c.Row(j + 2)[:len(a)], c.Row(j + 3)[:len(a)]
			var s0, s1, s2, s3 float64
			for k, x := range a {
				t0, t1, t2, t3 := x-b0[k], x-b1[k], x-b2[k], x-b3[k]
				s0 += t0 * t0
				s1 += t1 * t1
				s2 += t2 * t2
				s3 += t3 * t3
			}
			d.set(i, j, s0)
			d.set(i, j+1, s1)
			d.set(i, j+2, s2)
			d.set(i, j+3, s3)
		}
		for ; j < n; j++ {
			b := c.Row(j)[:len(a)]
			s := 0.0
			for k, x := range a {
				t := x - b[k]
				s += t * t
			}
			d.set(i, j, s)
		}
		for j, v := range d.Row(i) {
			if v-v != 0 {
				return Distances{}, fmt.Errorf("distances: points %d and %d are too far apart for float64: scale the coordinates down",
					i, j)
			}
		}
	}
	return d, nil
}

func (d Distances) set(i, j int, squared float64) {
	v := math.Sqrt(squared)
	d.v[i*d.N+j], d.v[j*d.N+i] = v, v
}
