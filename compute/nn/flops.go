package nn

import "reta/compute/graph"

// Flops counts two for every multiply-add of the convolutions and linear layers
// that y depends on, as their definition has them, whatever algorithm is used.
func Flops(y *graph.Node) float64 {
	seen := map[*graph.Node]bool{}
	var count func(n *graph.Node) float64
	count = func(n *graph.Node) (total float64) {
		if seen[n] {
			return 0
		}
		seen[n] = true
		for _, x := range n.In() {
			total += count(x)
		}
		switch n.Op() {
		case conv2dOp, groupedOp, depthwiseOp:
			s := n.Attr().(convShape)
			total += 2 * float64(s.y().Size()) * float64(s.w().Size()/s.K)
		}
		return total
	}
	return count(y)
}
