// Package pointfile reads point clouds and weighted graphs from the files that people have, and writes arrays that
// NumPy reads. It trusts nothing: sizes are checked before memory is taken, every number must be finite, and an error
// names the line and column, or the row and column of an array.
//
//	data, _ := os.ReadFile("ring.csv")
//	switch f := pointfile.FormatOf("ring.csv", data); {
//	case f.HoldsGraph():
//		graph, err := f.Graph(data)
//	default:
//		points, err := f.Points(data)
//	}
//
//	csv    a point a line, numbers between commas, semicolons, tabs or blanks; one line of names may come first (csv.go)
//	npy    a NumPy array of shape (n, dim), or (n) for points on a line (npy.go)
//	edges  an edge a line: i j weight, with points numbered from 0, as Ripser's sparse format (edges.go)
//	json   {"n": 4, "edges": [[0, 1, 0.5], ...]} (edges.go)
package pointfile
