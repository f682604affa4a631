package topology

import "fmt"

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
