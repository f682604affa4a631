package nn

import "reta/compute/graph"

// Linear is act(x w^T + b) for x [N,in], w [out,in] and an optional bias b [out]:
// [N,out]. It is a 1x1 convolution over an image of one pixel.
func Linear(x, w, b *graph.Node, a Activation) *graph.Node {
	n, in := x.Dim(0), x.Dim(-1)
	y := Conv2d(graph.Reshape(x, n, 1, 1, in), graph.Reshape(w, w.Dim(0), w.Dim(-1), 1, 1), ConvAttr{})
	y = graph.Reshape(y, n, w.Dim(0))
	if b == nil {
		return Activate(y, a)
	}
	return Bias(y, b, a)
}
