package pointfile

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// rounding is how far two numbers that should be equal may be apart, in units of the largest distance.
const rounding = 1e-6

func equal(a, b, largest float64) bool { return math.Abs(a-b) <= rounding*largest }

// square takes a distance matrix, with or without labels.
func (f *File) square(t *table) error {
	if t.rows() == 0 {
		return errors.New("there is no number in it: want a square matrix of distances")
	}
	n, err := t.width()
	if err != nil {
		return err
	}
	if n == t.rows()+1 && t.numbersRows() {
		f.note("the first column numbers the rows from %v on: left out", t.values[0])
		t.cut()
		n--
	}
	if n != t.rows() {
		return fmt.Errorf("%s of %d numbers: want a square matrix of distances", count(t.rows(), "row"), n)
	}
	return f.distances(n, t.values, t.at)
}

// distances takes n*n numbers, row after row; at names an entry. The lower triangle counts.
func (f *File) distances(n int, v []float64, at func(i, j int) string) error {
	largest, worst, diagonal := 0.0, 0.0, 0.0
	for k, x := range v {
		if x < 0 {
			return fmt.Errorf("%s: distance %v: want 0 or more", at(k/n, k%n), x)
		}
		largest = max(largest, x)
	}
	for i := range n {
		if x := v[i*n+i]; !equal(x, 0, largest) {
			return fmt.Errorf("%s: a point's distance to itself is %v: want 0", at(i, i), x)
		} else {
			diagonal = max(diagonal, x)
		}
		v[i*n+i] = 0
		for j := range i {
			low, high := v[i*n+j], v[j*n+i]
			if !equal(low, high, largest) {
				return fmt.Errorf("%s: distance %v, but %v at %s: want a symmetric matrix", at(i, j), low, high, at(j, i))
			}
			worst = max(worst, math.Abs(low-high))
			v[j*n+i] = low
		}
	}
	if diagonal > 0 {
		f.note("the diagonal is up to %.3g, as by rounding: taken as 0", diagonal)
	}
	if worst > 0 {
		f.note("the matrix and its transpose differ by up to %.3g, as by rounding: the lower triangle is taken", worst)
	}
	f.Distances = &Matrix{n, v}
	return nil
}

// triangle reports whether rows have 1, 2, 3, ... numbers, or n, ..., 3, 2, 1, and are at least three.
func (t *table) triangle(side Format) bool {
	m := t.rows()
	for i := range m {
		if want := i + 1; side == Lower && len(t.row(i)) != want || side == Upper && len(t.row(m-1-i)) != want {
			return false
		}
	}
	return m > 2
}

// triangle takes the distances below or above the diagonal, row after row, as Ripser does: wherever lines end. Lines of a
// triangle with 0 on the diagonal are one with it.
func (f *File) triangle(t *table) error {
	if f.diagonal(t) {
		f.note("read with its diagonal of zeros, as the distances of %d points", t.rows())
		v := make([]float64, 0, len(t.values))
		for i := range t.rows() {
			if row := t.row(i); f.Format == Lower {
				v = append(v, row[:len(row)-1]...)
			} else {
				v = append(v, row[1:]...)
			}
		}
		return f.condensed(v, func(int) string { return "" })
	}
	return f.condensed(t.values, func(k int) string {
		i, _ := slices.BinarySearch(t.ends, k+1)
		return t.at(i, k-t.ends[i]+len(t.row(i)))
	})
}

// diagonal reports whether a triangle's lines hold its diagonal: zeros, and not zeros only.
func (f *File) diagonal(t *table) bool {
	if !t.triangle(f.Format) {
		return false
	}
	for i := range t.rows() {
		if row := t.row(i); f.Format == Lower && row[len(row)-1] != 0 || f.Format == Upper && row[0] != 0 {
			return false
		}
	}
	return slices.ContainsFunc(t.values, func(v float64) bool { return v != 0 })
}

// condensed takes n(n-1)/2 distances; at names one.
func (f *File) condensed(v []float64, at func(k int) string) error {
	n := int((1 + math.Sqrt(1+8*float64(len(v)))) / 2)
	if len(v) == 0 || n*(n-1)/2 != len(v) {
		return fmt.Errorf("%s: want n(n-1)/2, the distances of n points on one side of the diagonal; a square matrix is format distances",
			count(len(v), "number"))
	}
	if k := slices.IndexFunc(v, func(x float64) bool { return x < 0 }); k >= 0 {
		return fmt.Errorf("%s: distance %v: want 0 or more", at(k), v[k])
	}
	m := &Matrix{n, make([]float64, n*n)}
	for i := range n {
		for j := range i {
			k := i*(i-1)/2 + j
			if f.Format == Upper {
				k = j*(2*n-j-1)/2 + i - j - 1
			}
			m.V[i*n+j], m.V[j*n+i] = v[k], v[k]
		}
	}
	f.Distances = m
	return nil
}
