package nn

import "reta/compute/graph"

// Dot is the scalar product of two tensors of one shape, [1].
func Dot(x, y *graph.Node) *graph.Node { return Scale(Mean(Mul(x, y)), float64(x.Size())) }
