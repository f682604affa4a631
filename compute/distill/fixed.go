package distill

import (
	"errors"
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

func init() {
	RegisterStageEnd(recipe.Fixed, func(*Group) StageEnd { return &Fixed{} })
}

// Fixed blends each image with the patch it started as (FADRM, Eqn 2).
type Fixed struct {
	patches []float32 // [rows,S,S,3] at the data's size
}

// Start keeps the patches.
func (f *Fixed) Start(first First) { f.patches = first.Pixels }

// Blend mixes them in again.
func (f *Fixed) Blend(g *Group, next int) (*Blend, error) { return g.Connect(f.patches, next) }

// State is the patches.
func (f *Fixed) State(g *Group) []nn.Tensor {
	s := g.Data.Size
	return []nn.Tensor{{Name: "patches", Shape: []int{g.images.rows, s, s, 3}, Values: f.patches}}
}

// Restore reads them back.
func (f *Fixed) Restore(g *Group, file *nn.TensorFile) (err error) {
	if _, ok := file.Info("patches"); !ok {
		return errors.New("no patches, which a fixed connection needs")
	}
	s := g.Data.Size
	f.patches, err = file.Float32("patches", g.Recipe.IPC*g.count, s, s, 3)
	return err
}

// Close frees nothing.
func (f *Fixed) Close() {}

// Judge gives what retrieval minimises for anchors that stand fixed, so that the two connections can be compared: for each
// image, [class][image], its own patch P with the fit |q - z(P)|^2 at full size and the complexity of P at the present
// resolution.
func (f *Fixed) Judge(g *Group) ([][]retrieval.Choice, error) {
	seen, err := g.AllFeatures()
	if err != nil {
		return nil, err
	}
	size, width, rows := g.Data.Size, g.phi().Width(), g.images.rows
	var patches, query, segments, fit, complexity *graph.Node
	pass, err := graph.NewPass(g.dev, "fit and complexity of patches", g.count, func(gr *graph.Graph, n int) []*graph.Node {
		patches = gr.Input("patches", graph.F32, n, size, size, 3)
		query = gr.Input("queries", graph.F32, n, 1, width)
		segments = gr.Input("segments", graph.U32, n, 2)
		z := nn.L2Normalize(g.phi().Forward(patches, models.Eval).Features)
		fit = SegmentDistances(query, z, segments, 1)
		complexity = Complexity(resample(patches, g.images.size), g.Data.Mean, g.Data.Std, g.Recipe.DRC.BlurSigma)
		return []*graph.Node{fit, complexity}
	})
	if err != nil {
		return nil, err
	}
	defer pass.Close()
	each := size * size * 3
	var d, k []float32 // by row
	err = pass.Each(g.ctx, rows, func(b graph.Batch) error {
		var pairs []uint32
		for i := range b.End - b.First {
			pairs = append(pairs, uint32(i), 1)
		}
		return firstError(b.Set(patches, f.patches[b.First*each:b.End*each]), b.Set(query, seen.Unit[b.First*width:b.End*width]), b.SetU32(segments, pairs))
	}, func(b graph.Batch) error { return firstError(b.Append(&d, fit), b.Append(&k, complexity)) })
	if err != nil {
		return nil, err
	}
	choices := make([][]retrieval.Choice, g.count)
	for row := range rows {
		c, image := row%g.count, g.origins[row]
		own := slices.Index(g.pool.Class[g.first+c], image)
		if own < 0 {
			return nil, fmt.Errorf("image %d of class %d started from training image %d, which is not of its class: the checkpoint is of other data",
				row/g.count, g.first+c, image)
		}
		choices[c] = append(choices[c], retrieval.Choice{
			Anchor: retrieval.Candidate{Index: own, Fit: float64(d[row]), Complexity: float64(k[row])},
		})
	}
	return choices, nil
}
