// Package topo is Persistent Topology Alignment (RETA, section 4.2) for a batch of classes: between the features that
// the device hands out and the gradient it takes back. The mathematics of one class is in shared/topology.
//
//	aligner, err := topo.NewAligner(options, classes, draws)        // once per stage: the real side
//	program, err := topo.NewProgram(dev, size)                       // once: an update, recorded
//	err = program.SetTargets(aligner.Targets, aligner.Points(n), weights)  // once per stage
//	...                                                              // features to program.Features, see Place
//	result, err := program.Align(ctx)                                // every T steps: the gradient is program.Gradient
//
// Aligner.Align does the same sums on the host, in float64 and with kappa: for diagnostics, and what Program is tested by.
//
// For the viewer, Project places a class's points in the plane so that successive pictures do not jump, and Look gathers
// what is to be drawn.
package topo
