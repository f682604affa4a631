package distill

import (
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterStageEnd(recipe.Retrieval, func(*Group) StageEnd { return &drc{} })
}

// drc is the Dynamic Retrieval Connection (Eqns 4 to 6): each image is blended with the real image of its class that has the
// least J for what it has become.
type drc struct {
	retriever *retriever // for the group's whole life, from the first retrieval on
}

func (d *drc) Start(First) {}

func (d *drc) Blend(g *Group, next int) (*Blend, error) {
	if err := g.embed(); err != nil {
		return nil, err
	}
	if d.retriever == nil {
		t, err := g.newRetriever(g.first, g.count, g.dev.Info().Limits.StorageRange)
		if err != nil {
			return nil, err
		}
		d.retriever = t
	}
	seen, err := g.AllFeatures()
	if err != nil {
		return nil, err
	}
	size := g.images.size
	own := make([][]int, g.count)
	for c := range own {
		own[c] = g.Origins(c)
	}
	choices, err := d.retriever.choose(Gather(seen.Unit, g.ByClass(), g.pool.Width), size, own)
	if err != nil {
		return nil, err
	}
	images := make([]int, g.images.rows)
	for c, class := range choices {
		for i, choice := range class {
			images[i*g.count+c] = g.pool.Class[g.first+c][choice.Anchor.Index]
		}
	}
	anchors, err := cutPatches(g.ctx, g.dev, g.Data, wholeImages(images, g.Data.Size), g.Data.Size)
	if err != nil {
		return nil, err
	}
	blend, err := g.Connect(anchors, next)
	if err != nil {
		return nil, err
	}
	blend.Choices = choices
	blend.Distances = func(visit Visit) error { return d.retriever.distances(size, visit) }
	return blend, nil
}

func (d *drc) State(*Group) []nn.Tensor             { return nil }
func (d *drc) Restore(*Group, *nn.TensorFile) error { return nil }

func (d *drc) Close() {
	if d.retriever != nil {
		d.retriever.close()
		d.retriever = nil
	}
}
