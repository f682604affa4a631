// Package topology computes the persistent homology of point clouds and the loss that aligns the shape of a
// synthetic set with that of a real one (Persistent Topology Alignment, section 4.2 of the RETA paper, Eqns 9-11).
//
// One step of the path a file, each built on those above it:
//
//	cloud.go       points, checked
//	distance.go    their Euclidean distances, or distances made elsewhere, checked
//	graph.go       weighted edges in order: a filtration of the flag complex, and its triangles for drawing
//	filtration.go  graphs from points or distances: mutual k-NN of one set or of the union of two, or Vietoris-Rips
//	cost.go        what that takes in time and memory
//	sums.go        classes of H1 as sums of loops over Z/2
//	links.go       which triangles an edge closes
//	homology.go    H0 and H1 with their critical edges
//	loop.go        representative cycles, for drawing
//	betti.go       Betti curves, and what one lacks of another: kappa, Eqn 9
//	image.go       persistence images and their gradient, Eqn 10
//	bottleneck.go  the bottleneck distance of two diagrams
//	align.go       the topology loss of a class and its gradient by the synthetic points, Eqn 11
//
// All arithmetic is float64. Every function is free of shared state, so classes can run side by side. Results do not
// depend on the machine's threads, and all but the choice among equally long edges does not depend on the numbering of
// the points.
package topology
