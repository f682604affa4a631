package pointfile

import "fmt"

// File is what a file holds: one of Points, Distances and Graph.
type File struct {
	Format    Format // as which it was read
	Points    *Cloud
	Distances *Matrix
	Graph     *Graph
	Columns   []string // names of the coordinates, where the file has them
	Notes     []string // what was left out, and what the file may hold instead
}

func (f *File) note(words string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(words, args...))
}

// Cloud is N rows of Dim coordinates, row after row, all finite. N may be 0 in an array; Dim is at least 1.
type Cloud struct {
	N, Dim int
	X      []float64
}

// Row returns the coordinates of point i, shared with the cloud.
func (c Cloud) Row(i int) []float64 { return c.X[i*c.Dim : (i+1)*c.Dim : (i+1)*c.Dim] }

// Matrix is the distances of N points, row after row: finite, not negative, symmetric, 0 on the diagonal.
type Matrix struct {
	N int
	V []float64
}

// Graph is a weighted graph on points 0..N-1, each pair listed once, in the order of the file.
type Graph struct {
	N     int
	Edges []Edge
}

// Edge joins points I < J. Its weight is finite and not negative.
type Edge struct {
	I, J   int32
	Weight float64
}
