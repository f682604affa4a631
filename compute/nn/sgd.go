package nn

import "reta/compute/graph"

// SGD is one step of stochastic gradient descent with momentum on variable w:
// g = grad + decay w, velocity = momentum velocity + g, and w moves by -lr times
// the velocity, or g + momentum velocity (Nesterov). Numbers come from hyper
// (see Hyper). The result is the update itself, to be given as an output.
func SGD(w, grad, velocity, hyper *graph.Node) *graph.Node {
	grad, scale := graph.Unscaled(grad)
	return w.Graph().Apply(sgdOp, scale, w, grad, velocity, hyper)
}

var sgdOp = &graph.Op{
	Name:    "sgd",
	Infer:   updateInfer,
	Lower:   func(l *graph.Lowering, n *graph.Node) { lowerUpdate(l, n, "sgd") },
	Updates: []int{0, 2},
}
