// Package retrieval is the Dynamic Retrieval Connection (RETA, section 4.1) in float64: the complexity of an image (Eqn
// 5), the score that combines it with the fit in feature space (Eqn 4), the choice of anchors for the images of one
// class, and the figures by which a choice is judged. A run computes the first two on the device, where this package is
// what the kernels are tested by, and takes from here the scale of complexities, Assign and Judge.
//
//	c, err := retrieval.Complexity(luma, width, height, 1)           // once per image and resolution
//	pool, err := retrieval.NewPool(features, dim, complexities, drc) // once per class and resolution
//	best, err := pool.Match(queries, nil)                            // once per stage's end
//
// Everything is float64 inside, deterministic, and free of shared state.
package retrieval
