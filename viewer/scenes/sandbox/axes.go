package sandbox

import (
	"math"

	"reta/viewer/ui"
)

// principal puts n points on a plane so that distances between places are as near as
// they can be to the given ones: classical scaling, which for Euclidean distances is
// the projection on the two leading principal axes. Explained is the share of the
// variance that these hold.
func principal(n int, distance func(i, j int) float64) (pts []ui.Point, explained float64) {
	pts = make([]ui.Point, n)
	b, total := centred(n, distance)
	if !(total > 0) {
		return pts, 1
	}
	for axis := range 2 {
		value, vector := leading(n, b)
		if !(value > 1e-12*total) {
			break
		}
		explained += value / total
		for i, v := range vector {
			x := v * math.Sqrt(value)
			if axis == 0 {
				pts[i].X = x
			} else {
				pts[i].Y = x
			}
			for j, w := range vector {
				b[i*n+j] -= value * v * w
			}
		}
	}
	return pts, min(explained, 1)
}

// centred is the matrix of inner products about the mean that distances tell, and its
// trace.
func centred(n int, distance func(i, j int) float64) (b []float64, trace float64) {
	b = make([]float64, n*n)
	row, all := make([]float64, n), 0.0
	for i := range n {
		for j := range n {
			d := distance(i, j)
			b[i*n+j] = d * d
			row[i] += d * d / float64(n)
		}
		all += row[i] / float64(n)
	}
	for i := range n {
		for j := range n {
			b[i*n+j] = -(b[i*n+j] - row[i] - row[j] + all) / 2
		}
		trace += b[i*n+i]
	}
	return b, trace
}

// leading returns the largest eigenvalue of a symmetric matrix and its unit vector, by
// power iteration; where the largest in size is negative the matrix is shifted by it.
func leading(n int, b []float64) (value float64, vector []float64) {
	value, vector = power(n, b, 0)
	if value < 0 {
		value, vector = power(n, b, -value)
	}
	return value, vector
}

func power(n int, b []float64, shift float64) (value float64, vector []float64) {
	vector, next := make([]float64, n), make([]float64, n)
	for i := range vector {
		vector[i] = math.Sin(float64(i+1) * 1.618) // no axis is likely to be at right angles to it
	}
	for round := range 300 {
		length := 0.0
		for i := range n {
			sum := shift * vector[i]
			for j, v := range vector {
				sum += b[i*n+j] * v
			}
			next[i] = sum
			length += sum * sum
		}
		length = math.Sqrt(length)
		if !(length > 0) {
			return 0, vector
		}
		moved, along := 0.0, 0.0
		for i, x := range next {
			along += x * vector[i]
		}
		for i, x := range next {
			x = math.Copysign(x/length, x*along)
			moved += (x - vector[i]) * (x - vector[i])
			vector[i] = x
		}
		value = along - shift
		if round > 0 && moved < 1e-20 {
			break
		}
	}
	return value, vector
}
