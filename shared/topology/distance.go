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

// MaxMatrix is the largest number of points with a distance matrix: it takes 2 GiB.
const MaxMatrix = 1 << 14

// At returns the distance between points i and j.
func (d Distances) At(i, j int) float64 { return d.v[i*d.N+j] }

// Row returns the distances from point i to every point, shared with the matrix.
func (d Distances) Row(i int) []float64 { return d.v[i*d.N : (i+1)*d.N : (i+1)*d.N] }

// NewDistances copies a matrix of distances of n points made elsewhere, such as on a device, row after row. It refuses
// a length other than n*n, more than MaxPoints points, and an entry that is not finite, negative, not 0 on the diagonal,
// or not the same the other way round.
func NewDistances[T Float](n int, v []T) (Distances, error) {
	if n < 0 || n > MaxPoints || len(v) != n*n {
		return Distances{}, fmt.Errorf("distances: %d numbers of %d points: want 0 to %d points and n*n numbers", len(v), n, MaxPoints)
	}
	d := Distances{N: n, v: make([]float64, n*n)}
	for i := range n {
		for j := range n {
			w, back := float64(v[i*n+j]), float64(v[j*n+i])
			if w-w != 0 || w < 0 || w != back || i == j && w != 0 {
				return Distances{}, fmt.Errorf("distances: %v from point %d to %d, %v back: want finite numbers, not negative, the same both ways, 0 to itself",
					w, i, j, back)
			}
			d.v[i*n+j] = w
		}
	}
	return d, nil
}

// Distances computes all pairwise distances from coordinate differences. The Gram form |a|^2+|b|^2-2ab needs fewer
// operations but loses the small distances that H0 is made of. Each pair is summed in the order of the coordinates,
// so its value does not depend on the numbering of the points. Coordinates so far apart that a distance overflows
// are an error, and so are more than MaxMatrix points.
func (c Cloud) Distances() (Distances, error) {
	n := c.N
	if n > MaxMatrix {
		return Distances{}, fmt.Errorf("distances: a matrix of %d points: want at most %d; subsample, or take the graph from the points",
			n, MaxMatrix)
	}
	d := Distances{N: n, v: make([]float64, n*n)}
	for i := range n {
		a := c.Row(i)
		j := i + 1
		for ; j+4 <= n; j += 4 {
			s0, s1, s2, s3 := c.squares(a, j)
			d.set(i, j, s0)
			d.set(i, j+1, s1)
			d.set(i, j+2, s2)
			d.set(i, j+3, s3)
		}
		for ; j < n; j++ {
			d.set(i, j, c.square(a, j))
		}
		if err := farAway(i, d.Row(i)); err != nil {
			return Distances{}, err
		}
	}
	return d, nil
}

// squares returns the squared distances from a to points j to j+3, the same as square: four independent sums hide the
// latency of the additions.
func (c Cloud) squares(a []float64, j int) (s0, s1, s2, s3 float64) {
	b0, b1, b2, b3 := c.Row(j)[:len(a)], c.Row(j + 1)[:len(a)], c.Row(j + 2)[:len(a)], c.Row(j + 3)[:len(a)]
	for k, x := range a {
		t0, t1, t2, t3 := x-b0[k], x-b1[k], x-b2[k], x-b3[k]
		s0 += t0 * t0
		s1 += t1 * t1
		s2 += t2 * t2
		s3 += t3 * t3
	}
	return s0, s1, s2, s3
}

// square returns the squared distance from a to point j.
func (c Cloud) square(a []float64, j int) float64 {
	b, s := c.Row(j)[:len(a)], 0.0
	for k, x := range a {
		t := x - b[k]
		s += t * t
	}
	return s
}

// farAway is an error when a distance from point i overflowed.
func farAway(i int, row []float64) error {
	for j, v := range row {
		if v-v != 0 {
			return fmt.Errorf("distances: points %d and %d are too far apart for float64: scale the coordinates down", i, j)
		}
	}
	return nil
}

func (d Distances) set(i, j int, squared float64) {
	v := math.Sqrt(squared)
	d.v[i*d.N+j], d.v[j*d.N+i] = v, v
}

// Spread returns the mean pairwise distance, the quantity that Eqn 8 contracts; 0 for fewer than two points.
func (c Cloud) Spread() (float64, error) {
	d, err := c.Distances()
	if err != nil || c.N < 2 {
		return 0, err
	}
	sum := 0.0
	for _, v := range d.v {
		sum += v
	}
	return sum / float64(c.N*(c.N-1)), nil
}
