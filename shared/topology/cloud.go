package topology

import (
	"fmt"
	"math"
)

// Float is the type a coordinate may have on its way in. Everything is computed in float64.
type Float interface{ ~float32 | ~float64 }

// Cloud is a finite set of points in Euclidean space: N rows of Dim coordinates, row after row.
// A Cloud made by NewCloud holds finite numbers only. N may be 0.
type Cloud struct {
	N, Dim int
	X      []float64
}

// MaxPoints is the largest number of points in a cloud or a graph.
const MaxPoints = 1 << 20

// NewCloud copies n rows of dim coordinates. It refuses a length other than n*dim, more than MaxPoints points, and
// any NaN or infinity, naming the row.
func NewCloud[T Float](x []T, n, dim int) (Cloud, error) {
	switch {
	case n < 0 || dim < 0:
		return Cloud{}, fmt.Errorf("cloud: %d points of %d coordinates: neither may be negative", n, dim)
	case n > MaxPoints:
		return Cloud{}, fmt.Errorf("cloud: %d points: want at most %d; subsample first", n, MaxPoints)
	case n > 0 && dim != len(x)/n || len(x) != n*dim:
		return Cloud{}, fmt.Errorf("cloud: %d numbers: want %d points x %d coordinates = %d", len(x), n, dim, n*dim)
	}
	c := Cloud{N: n, Dim: dim, X: make([]float64, len(x))}
	for i, v := range x {
		if f := float64(v); f-f != 0 {
			return Cloud{}, fmt.Errorf("cloud: point %d, coordinate %d is %v: want a finite number", i/dim, i%dim, f)
		}
		c.X[i] = float64(v)
	}
	return c, nil
}

// Row returns the coordinates of point i, shared with the cloud.
func (c Cloud) Row(i int) []float64 { return c.X[i*c.Dim : (i+1)*c.Dim : (i+1)*c.Dim] }

// Mean returns the centre of the points, zeros when there is none.
func (c Cloud) Mean() []float64 {
	mean := make([]float64, c.Dim)
	for i := range c.N {
		for d, v := range c.Row(i) {
			mean[d] += v
		}
	}
	for d := range mean {
		mean[d] /= math.Max(1, float64(c.N))
	}
	return mean
}
