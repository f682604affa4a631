package topo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"reta/shared/topology"
)

// Projection is a picture plane: the two directions in which points vary most (principal component analysis).
type Projection struct {
	Mean      []float64
	Axes      [2][]float64 // orthonormal; zeros where the points do not vary
	Explained [2]float64   // share of the total variance along each axis
}

// Project finds the plane of real and synthetic points of one class together. With the previous plane given, the axes
// are turned or mirrored within the new plane to lie as close to the old ones as they can (orthogonal Procrustes), so
// that a moving picture does not jump when two variances cross. Without, each axis points to where its largest
// coordinate is positive.
func Project(real, syn topology.Cloud, before *Projection) (*Projection, error) {
	if real.Dim != syn.Dim {
		return nil, fmt.Errorf("projection: real points have %d coordinates, synthetic ones %d: want the same", real.Dim, syn.Dim)
	}
	all := topology.Cloud{N: real.N + syn.N, Dim: real.Dim, X: append(append([]float64(nil), real.X...), syn.X...)}
	p := &Projection{Mean: all.Mean()}
	for i := range all.N {
		for d, m := range p.Mean {
			all.Row(i)[d] -= m
		}
	}
	variance, total, err := p.principal(all)
	if err != nil || total == 0 {
		return p, err
	}
	turn := [2][2]float64{{1, 0}, {0, 1}}
	if before != nil && len(before.Mean) == all.Dim {
		turn = procrustes(p.Axes, before.Axes)
	} else {
		for i, axis := range p.Axes {
			if largest(axis) < 0 {
				turn[i][i] = -1
			}
		}
	}
	axes := p.Axes
	for i, r := range turn {
		p.Axes[i] = make([]float64, all.Dim)
		for d := range p.Axes[i] {
			p.Axes[i][d] = r[0]*axes[0][d] + r[1]*axes[1][d]
		}
		p.Explained[i] = (r[0]*r[0]*variance[0] + r[1]*r[1]*variance[1]) / total
	}
	return p, nil
}

// principal sets the axes to the leading eigenvectors of the covariance of centred points and returns their variances
// and the total. It solves the smaller of the two equivalent problems: X X' (points) or X' X (coordinates).
func (p *Projection) principal(c topology.Cloud) (variance [2]float64, total float64, err error) {
	for i := range p.Axes {
		p.Axes[i] = make([]float64, c.Dim)
	}
	if c.N < 2 || c.Dim == 0 {
		return variance, 0, nil
	}
	x := mat.NewDense(c.N, c.Dim, c.X)
	size := min(c.N, c.Dim)
	gram := mat.NewSymDense(size, nil)
	if c.N <= c.Dim {
		gram.SymOuterK(1, x)
	} else {
		gram.SymOuterK(1, x.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return variance, 0, fmt.Errorf("projection: the eigenvalues of %d points did not converge", c.N)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // ascending
	for _, v := range values {
		total += math.Max(v, 0)
	}
	for i := range min(2, size) {
		column := size - 1 - i
		if values[column] <= 1e-12*total {
			break
		}
		variance[i] = values[column]
		axis := mat.NewVecDense(c.Dim, p.Axes[i])
		if c.N <= c.Dim {
			axis.MulVec(x.T(), vectors.ColView(column))
			axis.ScaleVec(1/mat.Norm(axis, 2), axis)
		} else {
			axis.CopyVec(vectors.ColView(column))
		}
	}
	return variance, total, nil
}

// procrustes returns the rotation or reflection R that brings R*axes closest to target: of all, the one with the
// largest sum of R_ij <target_i, axes_j>. In the plane the best of either kind is a closed form.
func procrustes(axes, target [2][]float64) [2][2]float64 {
	dot := func(i, j int) (s float64) {
		for d, v := range target[i] {
			s += v * axes[j][d]
		}
		return s
	}
	a, b, c, d := dot(0, 0), dot(0, 1), dot(1, 0), dot(1, 1)
	turned, mirrored := math.Hypot(a+d, c-b), math.Hypot(a-d, b+c)
	switch {
	case mirrored > turned:
		cos, sin := (a-d)/mirrored, (b+c)/mirrored
		return [2][2]float64{{cos, sin}, {sin, -cos}}
	case turned > 0:
		cos, sin := (a+d)/turned, (c-b)/turned
		return [2][2]float64{{cos, -sin}, {sin, cos}}
	}
	return [2][2]float64{{1, 0}, {0, 1}} // nothing to go by
}

// largest returns the coordinate of the largest magnitude.
func largest(v []float64) (at float64) {
	for _, x := range v {
		if math.Abs(x) > math.Abs(at) {
			at = x
		}
	}
	return at
}

// Apply returns the points' places in the plane: x, y of each.
func (p *Projection) Apply(c topology.Cloud) []float32 {
	at := make([]float32, 0, 2*c.N)
	for i := range c.N {
		for _, axis := range p.Axes {
			s := 0.0
			for d, v := range c.Row(i) {
				s += (v - p.Mean[d]) * axis[d]
			}
			at = append(at, float32(s))
		}
	}
	return at
}
