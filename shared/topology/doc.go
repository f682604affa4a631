// Package topology computes the persistent homology of point clouds and the loss that aligns the shape of a
// synthetic set with that of a real one (Persistent Topology Alignment, section 4.2 of the RETA paper, Eqns 9-11).
//
// The path of the data, one file a step:
//
//	cloud.go      points, checked
//	distance.go   Euclidean distances
//	knn.go        class-balanced mutual k-NN graph      (union.go: both sets and what lies between)
//	rips.go       or all pairs up to a cut-off, the full Vietoris-Rips complex
//	near.go       the same from points too many for a matrix of distances;  cost.go  what that takes
//	graph.go      edges in their order: a filtration of the flag complex   (order.go)
//	homology.go   H0 and H1 with their critical edges   (partition.go)
//	links.go      which triangles an edge closes        (fewlinks.go, lists.go)
//	sums.go       what loops a cycle adds up to         (chain.go)
//	betti.go      Betti curves;  kappa.go  what is lacking between two of them, Eqn 9
//	image.go      persistence images and their adjoint, Eqn 10
//	bottleneck.go how far two diagrams are apart
//	target.go     the real side, held still;  align.go  loss and gradient by the synthetic points, Eqn 11
//	loop.go, triangle.go   what to draw
//
// All arithmetic is float64. Every function is free of shared state, so classes can run side by side. Results do not
// depend on the machine's threads, and all but the choice among equally long edges does not depend on the numbering of
// the points.
package topology
