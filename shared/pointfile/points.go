package pointfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// points takes a point a row.
func (f *File) points(t *table, auto bool) error {
	if t.rows() == 0 {
		return errors.New("there is no point in it: want a line of numbers for each")
	}
	dim, err := t.width()
	switch {
	case err != nil:
		return err
	case dim == 0:
		return fmt.Errorf("line %d holds a label and no number: want coordinates behind it", t.lines[0])
	case t.left > 0:
		f.note("the first column has no name: taken as the rows' labels and left out")
	case t.numbersRows() && len(t.names) > 0 && isIndex(t.names[0]):
		f.note("the first column, %s, numbers the rows from %v on: left out", t.names[0], t.values[0])
		t.cut()
		dim--
	}
	f.Points = &Cloud{t.rows(), dim, t.values}
	if !(auto && f.doubt()) && t.left == 0 && t.numbersRows() {
		f.note("the first column numbers the rows from %v on and is taken as a coordinate: if it is none, leave it out, or name the columns and call it index",
			t.values[0])
	}
	if t.counts && dim > 1 && t.rows() > 1 {
		f.note("line %d is 0, 1, ..., as pandas numbers columns without names, and is taken as a point: if it is none, leave it out", t.lines[0])
	}
	if len(t.names) == dim {
		f.Columns = t.names
	}
	if auto && t.edges() {
		f.note("its rows may be the edges of a graph, i j weight, and are taken as points: if they are, choose format sparse")
	}
	return nil
}

// isIndex reports whether a column's name is one that is given to the numbers of rows.
func isIndex(name string) bool {
	return slices.Contains([]string{"index", "idx", "id", "row", "no", "nr", "#", "unnamed: 0"}, strings.ToLower(name))
}

// doubt notes points that look like a distance matrix, and reports whether they do.
func (f *File) doubt() bool {
	c := f.Points
	if c.N != c.Dim || c.N < 3 {
		return false
	}
	largest := slices.Max(c.X)
	for i := range c.N {
		for j, v := range c.Row(i)[:i+1] {
			if v < 0 || i == j && v != 0 || !equal(v, c.Row(j)[i], largest) {
				return false
			}
		}
	}
	if largest > 0 {
		f.note("%d points in dimension %d that are a symmetric matrix with a zero diagonal: if it holds distances, choose format distances",
			c.N, c.Dim)
	}
	return largest > 0
}
