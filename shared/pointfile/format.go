package pointfile

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// Format is how a file holds its points or edges.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	NPY   Format = "npy"
	Edges Format = "edges"
	JSON  Format = "json"
)

// Formats lists them all.
func Formats() []Format { return []Format{CSV, NPY, Edges, JSON} }

// FormatOf tells a file's format by its name's ending: .csv, .tsv, .txt, .npy, .npz, .edges, .graph or .json, in any case.
// Under any other name its first bytes decide: NumPy's mark, a brace, or else lines of numbers.
func FormatOf(name string, data []byte) Format {
	switch strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/"))) {
	case ".csv", ".tsv", ".txt":
		return CSV
	case ".npy", ".npz": // of the second, what to do is said on reading
		return NPY
	case ".edges", ".graph":
		return Edges
	case ".json":
		return JSON
	}
	switch {
	case bytes.HasPrefix(data, []byte(npyMark)):
		return NPY
	case bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")):
		return JSON
	}
	return CSV
}

// HoldsGraph reports whether the format holds edges, not points.
func (f Format) HoldsGraph() bool { return f == Edges || f == JSON }

// Points are N rows of Dim coordinates, row after row, all finite. N may be 0 in an array; Dim is at least 1.
type Points struct {
	N, Dim int
	X      []float64
}

// Row returns the coordinates of point i, shared with the whole.
func (p Points) Row(i int) []float64 { return p.X[i*p.Dim : (i+1)*p.Dim : (i+1)*p.Dim] }

// Points reads a point cloud. The format must hold points.
func (f Format) Points(data []byte) (Points, error) {
	switch f {
	case CSV:
		return readCSV(data)
	case NPY:
		return readNPY(data)
	}
	return Points{}, fmt.Errorf("format %q holds no points: want csv or npy", f)
}

// Edge joins points I < J. Its weight is finite and not negative.
type Edge struct {
	I, J   int32
	Weight float64
}

// Graph is a weighted graph on points 0..N-1, each pair listed once, in the order of the file.
type Graph struct {
	N     int
	Edges []Edge
}

// Graph reads a weighted graph. The format must hold one.
func (f Format) Graph(data []byte) (Graph, error) {
	switch f {
	case Edges:
		return readEdges(data)
	case JSON:
		return readJSON(data)
	}
	return Graph{}, fmt.Errorf("format %q holds no graph: want edges or json", f)
}
