package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Cells are the factor x factor equal parts of each image of x [N,S,S,C], resized
// to size: [factor*factor*N,size,size,C], all images' first cell, then all images'
// second. Pixels beyond factor times the part's whole side are left out. Resizing
// is bilinear within a cell.
func Cells(x *graph.Node, factor, size int) *graph.Node {
	n := x.Dim(0)
	cells, side := make([]*graph.Node, factor*factor), float64(x.Dim(1)/factor)
	for k := range cells {
		box := Box{Top: side * float64(k/factor), Left: side * float64(k%factor), Height: side, Width: side}
		var boxes []float32
		for range n {
			boxes = box.Append(boxes)
		}
		cells[k] = Augment(x, x.Graph().Const(fmt.Sprintf("cell %d", k), boxes, n, BoxWords), size, size)
	}
	return graph.Reshape(Stack(cells...), len(cells)*n, size, size, x.Dim(3))
}
