package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterStageEnd(recipe.None, func(*Group) StageEnd { return resize{} })
}

// resize is the end of a stage without a residual connection.
type resize struct{}

func (resize) Start(First) {}

func (resize) Blend(g *Group, next int) (*Blend, error) {
	pixels, err := g.Pixels()
	if err != nil {
		return nil, err
	}
	after, err := resampled(g.ctx, g.dev, pixels, g.images.size, next)
	return &Blend{Size: next, After: after}, err
}

func (resize) State(*Group) []nn.Tensor             { return nil }
func (resize) Restore(*Group, *nn.TensorFile) error { return nil }
func (resize) Close()                               {}

// Connect blends every image of the group with its anchor, row by row [rows,S,S,3] at the data's full size S (Eqn 6):
//
//	x <- alpha * resample(x, D_next) + (1-alpha) * resample(o, D_next)
func (g *Group) Connect(anchors []float32, next int) (*Blend, error) {
	full, alpha, size := g.Data.Size, g.Recipe.Alpha, g.images.size
	each := full * full * 3
	var rows, anchor *graph.Node
	b, to := &Blend{Size: next}, []*[]float32{}
	var outputs []*graph.Node
	pass, err := graph.NewPass(g.dev, fmt.Sprintf("connect %d to %dpx", size, next), g.count, func(gr *graph.Graph, n int) []*graph.Node {
		rows, anchor = gr.Input("rows", graph.U32, n), gr.Input("anchor", graph.F32, n, full, full, 3)
		before := resample(nn.GatherRows(gr.Variable(g.images.pixels), rows), next)
		anchored := resample(anchor, next)
		after := graph.Add(nn.Scale(before, alpha), nn.Scale(anchored, 1-alpha))
		outputs, to = []*graph.Node{after}, []*[]float32{&b.After}
		if g.watched() {
			outputs, to = append(outputs, before, anchored), append(to, &b.Before, &b.Anchor)
		}
		return outputs
	})
	if err != nil {
		return nil, err
	}
	defer pass.Close()
	err = pass.Each(g.ctx, g.images.rows, func(at graph.Batch) error {
		return firstError(at.SetU32(rows, rowsFrom(at.First, at.End-at.First)), at.Set(anchor, anchors[at.First*each:at.End*each]))
	}, func(at graph.Batch) error {
		for i, node := range outputs {
			if err := at.Append(to[i], node); err != nil {
				return err
			}
		}
		return nil
	})
	return b, err
}

// resample is the bilinear resize, nothing where the size stays.
func resample(x *graph.Node, side int) *graph.Node {
	if x.Dim(1) == side && x.Dim(2) == side {
		return x
	}
	return nn.Resize(x, side, side)
}
