// Package pointfile reads point clouds, distance matrices and weighted graphs from the files that people have, and writes
// arrays that NumPy reads. It trusts nothing: sizes are checked before memory is taken, every number must be finite, and
// an error names the line and column, or the row and column of an array.
//
//	data, _ := os.ReadFile("ring.csv")
//	file, err := pointfile.Read("ring.csv", data, "")
//	...                                          // one of file.Points, file.Distances and file.Graph is there
//	for _, note := range file.Notes { ... }      // what was left out, and what the file may hold instead
//
// A file calls only those above it:
//
//	file.go       what a file holds
//	table.go      rows of numbers in a text, with a line of names and a column of row labels
//	edges.go      an edge a line, i j weight, as Ripser's sparse format; or JSON
//	distances.go  a square distance matrix, or its lower or upper triangle as Ripser and GUDHI read it
//	points.go     a point a row
//	off.go        OFF and nOFF, as GUDHI reads them
//	npy.go        arrays of NumPy
//	format.go     the formats, how name, first bytes and rows tell them, and Read
package pointfile
