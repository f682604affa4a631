// Package topo is Persistent Topology Alignment (RETA, section 4.2) for a batch of classes: between the features that
// the device hands out and the gradient it takes back. The mathematics of one class is in shared/topology.
//
//	aligner, err := topo.NewAligner(options, classes, draws)   // once per stage: the real side
//	update, err := aligner.Align(features, n, dim)             // every T steps
//	gradient := update.Grad(lambdaTopo)                        // back to the device
//
// For the viewer, Project places a class's points in the plane so that successive pictures do not jump, and Look gathers
// what is to be drawn.
package topo
