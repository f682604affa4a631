// Package graph turns tensor expressions into recorded Vulkan programs.
//
// A Graph is built once per network, resolution and batch; Grad extends it with
// the backward pass; Compile plans its memory and records it; Exec.Run replays
// the recording with one submit. Nothing is decided per step: values that
// change (labels, crop boxes, learning rates) are Inputs, small host-visible
// tensors written before a run.
//
//	g := graph.New(dev)
//	x := g.Input("x", graph.F32, 8, 32)
//	w := g.Variable(weights)                  // persistent device memory
//	loss := nn.SoftmaxCrossEntropy(nn.Linear(x, w, nil, nn.None), labels)
//	dw := g.Grad(loss, w)[0]
//	step := nn.SGD(w, dw, velocity, scalars)
//	exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{loss, step}})
//	exec.Set(x, batch)
//	err = exec.Run(ctx)
//	value, err := exec.Get(loss)
//
// Run waits. Submit does not: up to CompileOptions.InFlight runs are on their way
// while the host prepares the next.
//
// A Pass is a program that runs over any number of items, in batches as large
// as the device takes; Fits, Memory and Largest say what that is before anything
// is compiled.
//
// Errors are sticky, as in bufio.Scanner: an operation on shapes it does not
// take returns a poisoned node, and Compile returns the first such error with
// the operation, its shapes and the path of the layer. Model code therefore has
// no error handling and nothing panics.
//
// Nodes run in the order they were made, and only those that an output needs.
// That order is also the meaning of operations that write a Variable: whatever
// was made before an update reads the old value, whatever was made after it
// reads the new one.
package graph
