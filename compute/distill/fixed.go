package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/retrieval"
)

// weighPatches gives what retrieval minimises for anchors that stand fixed, so
// that the two connections can be compared: for each image, [class][image], its
// own patch P with the fit |q - z(P)|^2 at full size and the complexity of P at
// the stage's resolution. queries are in the order of byClass.
func (g *group) weighPatches(queries []float32, own [][]int) ([][]retrieval.Choice, error) {
	r, n, size := g.r, g.count, g.r.Data.Size
	gr := graph.New(r.dev)
	patches := gr.Input("patches", graph.F32, n, size, size, 3)
	query := gr.Input("queries", graph.F32, n, 1, r.pool.width)
	segments := gr.Input("segments", graph.U32, n, 2)
	z := nn.L2Normalize(r.Teachers[0].Forward(patches, models.Eval).Features)
	fit := SegmentDistances(query, z, segments, 1)
	complexity := Complexity(resample(patches, g.canvas.size), r.Data.Mean, r.Data.Std, r.Recipe.DRC.BlurSigma)
	exec, err := gr.Compile(graph.CompileOptions{Name: "weigh patches", Outputs: []*graph.Node{fit, complexity}})
	if err != nil {
		return nil, err
	}
	defer exec.Close()
	each := size * size * 3
	choices := make([][]retrieval.Choice, n)
	for i := range r.Recipe.IPC { // a pass takes image i of every class
		var q []float32
		var rows []uint32
		for c := range n {
			at := (c*r.Recipe.IPC + i) * r.pool.width
			q, rows = append(q, queries[at:at+r.pool.width]...), append(rows, uint32(c), 1)
		}
		err := firstError(exec.Set(patches, g.patches[i*n*each:(i+1)*n*each]), exec.Set(query, q), exec.SetU32(segments, rows), exec.Run(r.ctx))
		if err != nil {
			return nil, err
		}
		f, err1 := exec.Get(fit)
		k, err2 := exec.Get(complexity)
		if err := firstError(err1, err2); err != nil {
			return nil, err
		}
		for c := range n {
			if own[c][i] < 0 {
				return nil, fmt.Errorf("image %d of class %d started from training image %d, which is not of its class: the checkpoint is of other data",
					i, g.first+c, g.origins[i*n+c])
			}
			choices[c] = append(choices[c], retrieval.Choice{
				Anchor: retrieval.Candidate{Index: own[c][i], Fit: float64(f[c]), Complexity: float64(k[c])},
			})
		}
	}
	return choices, nil
}
