package distill

import (
	"context"

	"reta/compute/graph"
	"reta/compute/nn"
)

// critical keeps the pixels that a class is known by (NRR-DD): the gradient by a pixel is multiplied by
// max(0, critical - A), A its class activation in the image that it started in, from 0 to 1. Adam follows the gradient's sign
// more than its size: below the threshold pixels move nearly alike, from it on not at all.
type critical struct {
	maps []float32       // A [rows,S,S], S the first stage's side
	mask *graph.Variable // [rows,D*D*3]
}

// open makes room for the mask of the group's images.
func (c *critical) open(g *Group) (err error) {
	if words := g.images.size * g.images.size * 3; c.mask == nil || c.mask.Shape()[1] != words {
		c.Close()
		c.mask, err = graph.NewVariable(g.dev, "mask of critical pixels", graph.F32, false, g.images.rows, words)
	}
	return err
}

// masked is the gradient [n,D,D,3] of a step by the images in rows, masked.
func (c *critical) masked(g *Group, dx, rows *graph.Node) *graph.Node {
	if err := c.open(g); err != nil { // of a step that is prepared, and not made
		return dx.Graph().Poison("mask of critical pixels", err)
	}
	return nn.Mul(dx, graph.Reshape(nn.GatherRows(dx.Graph().Variable(c.mask), rows), dx.Dim(0), dx.Dim(1), dx.Dim(2), 3))
}

// Begin measures the images before the first step, and makes the mask of a stage's size.
func (c *critical) Begin(ctx context.Context, g *Group, size int) error {
	rows, first := g.images.rows, g.Recipe.Stage(0).Resolution
	if c.maps == nil {
		pixels, err := g.Pixels()
		if err != nil {
			return err
		}
		a, err := newActivation(g.dev, g.Teachers[0], g.Data, rows, first)
		if err != nil {
			return err
		}
		defer a.pass.Close()
		if c.maps, err = a.maps(ctx, pixels, g.batchOf(rowsFrom(0, rows)).Classes); err != nil {
			return err
		}
	}
	mask := make([]float32, 0, 3*len(c.maps))
	for _, v := range c.maps {
		v = max(0, float32(g.Recipe.Critical)-v)
		mask = append(mask, v, v, v)
	}
	mask, err := resampled(ctx, g.dev, mask, first, size)
	if err == nil {
		err = c.open(g)
	}
	if err != nil {
		return err
	}
	return c.mask.Write(mask)
}

// State keeps the activation of the images that the run started from.
func (c *critical) State(g *Group) ([]nn.Tensor, error) {
	side := g.Recipe.Stage(0).Resolution
	return []nn.Tensor{{Name: "class activation", Shape: []int{g.images.rows, side, side}, Values: c.maps}}, nil
}

// Restore reads it.
func (c *critical) Restore(g *Group, f *nn.TensorFile) (err error) {
	side := g.Recipe.Stage(0).Resolution
	c.maps, err = f.Float32("class activation", g.Recipe.IPC*g.count, side, side)
	return err
}

// Close frees the mask.
func (c *critical) Close() {
	if c.mask != nil {
		c.mask.Free()
		c.mask = nil
	}
}
