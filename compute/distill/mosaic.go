package distill

import (
	"context"
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterKeptLoss(recipe.MosaicLoss, func(g *Group) Loss { return &mosaic{g: g} })
}

// mosaic is CIM's loss: each cell of an image, enlarged, is to have the features of the real image that it was made of, both
// under the same draw of DSA.
type mosaic struct {
	g    *Group
	real *graph.Variable // [cells*rows,S,S,3], normalised: cell k of row r is k*rows + r
}

// Weight is 1.
func (m *mosaic) Weight(recipe.Recipe) float64 { return 1 }

// Begin takes the real images that the group started from. After a checkpoint they are chosen again: the choice is the same.
func (m *mosaic) Begin(ctx context.Context, g *Group, size int) error {
	if m.real != nil {
		return nil
	}
	cells := g.cells
	if cells == nil {
		first, err := g.parts.start.Images(g, size)
		if err != nil {
			return err
		}
		cells = first.cells
	}
	if len(cells) == 0 {
		return fmt.Errorf("the loss %s needs real images to start from", recipe.MosaicLoss)
	}
	d, patches := g.Data, slices.Concat(cells...)
	pixels, err := cutPatches(ctx, g.dev, d, patches, d.Size)
	if err != nil {
		return err
	}
	if m.real, err = graph.NewVariable(g.dev, "real images of cells", graph.F32, false, len(patches), d.Size, d.Size, 3); err != nil {
		return err
	}
	return m.real.Write(pixels)
}

// Term is the sum over the batch's cells of the mean absolute difference of features.
func (m *mosaic) Term(v View) *graph.Node {
	gr, rec, full := v.Graph, v.Recipe, m.g.Data.Size
	n, cells := v.Images.Dim(0), rec.Init.Factor*rec.Init.Factor
	if m.real == nil { // a step that is prepared, and not made
		var err error
		if m.real, err = graph.NewVariable(m.g.dev, "real images of cells", graph.F32, false, m.g.images.rows*cells, full, full, 3); err != nil {
			return gr.Poison("real images of cells", err)
		}
	}
	decoded := nn.Cells(v.Images, rec.Init.Factor, full)
	rows := gr.Input("cells", graph.U32, cells*n)
	numbers := gr.Input("dsa", graph.F32, cells*n, nn.SiameseWords)
	features := func(x *graph.Node) *graph.Node {
		return v.Model.Forward(nn.DSA(x, numbers), models.Eval).Features
	}
	difference := graph.Add(features(decoded), nn.Scale(features(nn.GatherRows(gr.Variable(m.real), rows)), -1))
	v.Prepare(func(e *graph.Exec, r recipe.Recipe, step int, b Batch) error {
		var of []uint32
		for k := range cells {
			for _, row := range b.Rows {
				of = append(of, uint32(k*m.g.images.rows)+row)
			}
		}
		return firstError(e.SetU32(rows, of), e.Set(numbers, siamese(b.draws(r.Seed, streamDSA, step), cells*n, full)))
	})
	absolute := graph.Add(nn.Activate(difference, nn.ReLU), nn.Activate(nn.Scale(difference, -1), nn.ReLU))
	return nn.Scale(nn.Mean(absolute), float64(cells*n))
}

// siamese draws one of DSA's crop, cutout and flip, the same for n images.
func siamese(d *nn.Draws, n, size int) (numbers []float32) {
	s := nn.Siamese{Saturation: 1, Contrast: 1, Scale: [2]float64{1, 1}}
	switch d.IntN(3) {
	case 0:
		most := int(0.125*float64(size) + 0.5)
		s.Down, s.Right = d.IntN(2*most+1)-most, d.IntN(2*most+1)-most
	case 1:
		s.Cutout = nn.DrawCutout(d, size, size)
	default:
		s.Flip = d.Uniform(0, 1) < 0.5
	}
	for range n {
		numbers = s.Append(numbers)
	}
	return numbers
}

// State keeps nothing: the real images are chosen again.
func (m *mosaic) State(*Group) ([]nn.Tensor, error) { return nil, nil }

// Restore needs nothing.
func (m *mosaic) Restore(*Group, *nn.TensorFile) error { return nil }

// Close frees the real images.
func (m *mosaic) Close() {
	if m.real != nil {
		m.real.Free()
		m.real = nil
	}
}
