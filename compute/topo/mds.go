package topo

import (
	"fmt"
	"math"
	"slices"

	"reta/shared/topology"
)

// Map is points in the plane by metric multidimensional scaling: places whose distances come as close to those between
// features as the plane allows, in the sum of squares over all pairs (raw stress). Unlike a projection it bends, so it
// keeps distances better, and says nothing about directions.
type Map struct {
	Places   []float64 // x, y of each point, real ones first
	Fidelity Fidelity

	real int
	from topology.Cloud // the real points it was made for
}

// Fidelity says how far a picture can be trusted.
type Fidelity struct {
	Stress float64 // Kruskal's stress-1, sqrt(sum (d - b delta)^2 / sum d^2) over pairs with the best b: 0 is a true picture but for its scale
	Kept   float64 // share of the k nearest in feature space that are among the k nearest in the picture, mean over points
}

// Iterations of majorisation: at most so many, until one lowers the stress by less than this share.
const (
	maxTurns = 60
	settled  = 1e-4
)

// Scale finds the map of the points whose distances are given, real ones first, by majorising the stress (SMACOF, de
// Leeuw 1977: x <- B(x) x / n never raises it). It starts from the last map of the same points where that is better than
// start, the places [n,2] of a projection, and is turned, mirrored and moved to lie as close to the last map as it can
// (Procrustes, over the points that are still the same), or else to start: so motion means change. k is the neighbours
// that Fidelity counts.
func Scale(dist topology.Distances, real topology.Cloud, start []float32, before *Map, k int) (*Map, error) {
	n := dist.N
	if len(start) != 2*n || real.N > n {
		return nil, fmt.Errorf("scaling: %d points, %d of them real, %d coordinates to start from: want two a point", n, real.N, len(start))
	}
	x := make([]float64, 2*n)
	for i, v := range start {
		x[i] = float64(v)
	}
	like, first := x, 0
	if before != nil && len(before.Places) == 2*n && before.real == real.N {
		like = before.Places
		if !slices.Equal(before.from.X, real.X) {
			first = real.N // the real points are others now
		} else if rawStress(dist, before.Places) < rawStress(dist, x) {
			x = before.Places
		}
	}
	like = slices.Clone(like)
	x = majorise(dist, slices.Clone(x))
	layOver(x, like, first)
	return &Map{Places: x, Fidelity: Judge(dist, x, k), real: real.N, from: real}, nil
}

// rawStress is the sum over pairs of (|x_i - x_j| - delta_ij)^2.
func rawStress(dist topology.Distances, x []float64) (s float64) {
	for i := range dist.N {
		row := dist.Row(i)
		for j := range i {
			d := math.Hypot(x[2*i]-x[2*j], x[2*i+1]-x[2*j+1]) - row[j]
			s += d * d
		}
	}
	return s
}

// majorise lowers the stress of places x [n,2], which it overwrites, and centres them.
func majorise(dist topology.Distances, x []float64) []float64 {
	n := dist.N
	if n < 2 {
		return x
	}
	next := make([]float64, 2*n)
	last := math.Inf(1)
	for range maxTurns {
		// the Guttman transform: x_i <- 1/n sum_j delta_ij (x_i - x_j)/|x_i - x_j|, and the stress of x beside it
		stress := 0.0
		clear(next)
		for i := range n {
			row := dist.Row(i)
			for j := range i {
				dx, dy := x[2*i]-x[2*j], x[2*i+1]-x[2*j+1]
				d := math.Sqrt(dx*dx + dy*dy)
				stress += (d - row[j]) * (d - row[j])
				if d > 0 {
					pull := row[j] / d / float64(n)
					next[2*i] += pull * dx
					next[2*i+1] += pull * dy
					next[2*j] -= pull * dx
					next[2*j+1] -= pull * dy
				}
			}
		}
		x, next = next, x
		if last-stress <= settled*stress {
			break
		}
		last = stress
	}
	return x
}

// layOver turns or mirrors places x [n,2] about their mean, and moves them, so that the points from first on lie as close
// to target as they can (orthogonal Procrustes in the plane).
func layOver(x, target []float64, first int) {
	mean := func(v []float64) (m [2]float64) {
		for i, c := range v[2*first:] {
			m[i%2] += c / float64(len(v)/2-first)
		}
		return m
	}
	if first >= len(x)/2 {
		return
	}
	from, to := mean(x), mean(target)
	side := func(v []float64, m [2]float64) (s [2][]float64) {
		for i, c := range v[2*first:] {
			s[i%2] = append(s[i%2], c-m[i%2])
		}
		return s
	}
	r := procrustes(side(x, from), side(target, to))
	for i := 0; i < len(x); i += 2 {
		a, b := x[i]-from[0], x[i+1]-from[1]
		x[i], x[i+1] = to[0]+r[0][0]*a+r[0][1]*b, to[1]+r[1][0]*a+r[1][1]*b
	}
}

// Place finds where a point that the map was made without lies best: the place that keeps its distances to all points
// of the map, delta [n], in the sum of squares, from its three nearest on.
func (m *Map) Place(delta []float64) [2]float64 {
	n := len(m.Places) / 2
	if n == 0 || len(delta) != n {
		return [2]float64{}
	}
	var x, y, sum float64
	for _, j := range nearest(delta, -1, min(3, n)) {
		w := 1 / max(delta[j], 1e-12)
		x, y, sum = x+w*m.Places[2*j], y+w*m.Places[2*j+1], sum+w
	}
	x, y = x/sum, y/sum
	for range maxTurns {
		var nx, ny float64
		for j, want := range delta {
			px, py := m.Places[2*j], m.Places[2*j+1]
			nx, ny = nx+px, ny+py
			if d := math.Sqrt((x-px)*(x-px) + (y-py)*(y-py)); d > 0 {
				nx, ny = nx+want*(x-px)/d, ny+want*(y-py)/d
			}
		}
		x, y = 2*nx/float64(n)-x, 2*ny/float64(n)-y // twice the step of majorisation: still never up, and sooner there
	}
	return [2]float64{x, y}
}

// Judge compares places x [n,2] with true distances.
func Judge(dist topology.Distances, x []float64, k int) (f Fidelity) {
	n := dist.N
	k = min(k, n-1)
	if k < 1 {
		return Fidelity{Kept: 1}
	}
	var both, there, here float64
	flat := make([]float64, n)
	for i := range n {
		row := dist.Row(i)
		for j := range n {
			dx, dy := x[2*i]-x[2*j], x[2*i+1]-x[2*j+1]
			flat[j] = math.Sqrt(dx*dx + dy*dy)
			both, there, here = both+flat[j]*row[j], there+row[j]*row[j], here+flat[j]*flat[j]
		}
		kept, shown := 0, nearest(flat, i, k)
		for _, j := range nearest(row, i, k) {
			if slices.Contains(shown, j) {
				kept++
			}
		}
		f.Kept += float64(kept) / float64(k*n)
	}
	switch {
	case there > 0 && here > 0:
		f.Stress = math.Sqrt(max(0, 1-both*both/(there*here)))
	case there > 0: // all in one place, though they are not
		f.Stress = 1
	}
	return f
}

// nearest lists the indices of the k least distances of d, k at least 1, but that to self (-1: of all), in ascending order,
// of equal ones the lower first.
func nearest(d []float64, self, k int) []int {
	order := make([]int, 0, k+1)
	for j, v := range d {
		if j == self || len(order) == k && v >= d[order[k-1]] {
			continue
		}
		at := len(order)
		for at > 0 && v < d[order[at-1]] {
			at--
		}
		order = slices.Insert(order, at, j)
		order = order[:min(k, len(order))]
	}
	return order
}
