package distill

import (
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// anchor is what one image is blended with at a residual connection, and why.
type anchor struct {
	id              string // of the real image it was cut from
	fit, complexity float64
}

// anchors gives each row's anchor [rows,S,S,3]: the patch the image started as,
// or, by retrieval, the best real image for what it looks like now.
func (g *group) anchors(end *event.StageEnd) ([]float32, []anchor, error) {
	if g.r.Recipe.Connection == recipe.Retrieval {
		return g.retrieve(end)
	}
	chosen := make([]anchor, len(g.origins))
	for row, image := range g.origins {
		chosen[row].id = g.r.Data.Train.ID(image)
	}
	return g.patches, chosen, nil
}

// retrieve is the Dynamic Retrieval Connection: for every image of the group
// the pool's candidate of least J (Eqn 4). The device measures all fits at
// once; the host weighs and chooses, class by class.
func (g *group) retrieve(end *event.StageEnd) ([]float32, []anchor, error) {
	queries, _, err := g.look(g.allRows())
	if err != nil {
		return nil, nil, err
	}
	fits, longest, err := g.fits(queries)
	if err != nil {
		return nil, nil, err
	}
	choices := make([][]retrieval.Choice, g.count)
	stats := make([]retrieval.Stats, g.count)
	var work errgroup.Group
	work.SetLimit(parallel)
	for c := range g.count {
		work.Go(func() error {
			var err error
			choices[c], stats[c], err = g.choose(c, fits, longest)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, nil, err
	}
	for _, s := range stats {
		share := 1 / float32(g.count)
		end.CollisionRate += share * float32(s.Collisions)
		end.SelfRetrieval += share * float32(s.SelfRetrieval)
		end.Entropy += share * float32(s.Entropy)
	}
	chosen := make([]anchor, g.canvas.rows)
	whole := make([]patch, g.canvas.rows)
	size := float64(g.r.Data.Size)
	for row := range chosen {
		c := row % g.count
		best := choices[c][row/g.count].Anchor
		image := g.r.pool.class[g.first+c][best.Index]
		chosen[row] = anchor{id: g.r.Data.Train.ID(image), fit: best.Fit, complexity: best.Complexity}
		whole[row] = patch{image: image, box: nn.Box{Height: size, Width: size}}
	}
	images, err := cutPatches(g.r.ctx, g.r.dev, g.r.Data, whole)
	return images, chosen, err
}

// fits measures |q - z|^2 between every row's feature and every candidate of
// its class, on the device: [rows,longest].
func (g *group) fits(queries []float32) ([]float32, int, error) {
	r := g.r
	first, last := r.pool.start[g.first], r.pool.start[g.first+g.count]
	segments := make([]uint32, 0, 2*g.canvas.rows)
	longest := 0
	for row := range g.canvas.rows {
		c := g.first + row%g.count
		n := len(r.pool.class[c])
		segments = append(segments, uint32(r.pool.start[c]-first), uint32(n))
		longest = max(longest, n)
	}
	gr := graph.New(r.dev)
	q := gr.Input("queries", graph.F32, g.canvas.rows, r.pool.width)
	z := gr.Const("pool", r.pool.features[first*r.pool.width:last*r.pool.width], last-first, r.pool.width)
	s := gr.Input("segments", graph.U32, g.canvas.rows, 2)
	fit := SegmentDistances(q, z, s, longest)
	exec, err := gr.Compile(graph.CompileOptions{Name: "retrieval", Outputs: []*graph.Node{fit}})
	if err != nil {
		return nil, 0, err
	}
	defer exec.Close()
	if err := firstError(exec.Set(q, queries), exec.SetU32(s, segments), exec.Run(r.ctx)); err != nil {
		return nil, 0, err
	}
	v, err := exec.Get(fit)
	return v, longest, err
}

// choose weighs the candidates of the group's class c and picks its anchors.
func (g *group) choose(c int, fits []float32, longest int) ([]retrieval.Choice, retrieval.Stats, error) {
	r := g.r
	class := r.pool.class[g.first+c]
	complexity, err := r.complexities(g.first+c, g.canvas.size)
	if err != nil {
		return nil, retrieval.Stats{}, err
	}
	pool, err := retrieval.NewPool(r.pool.of(g.first+c), r.pool.width, complexity, r.Recipe.DRC)
	if err != nil {
		return nil, retrieval.Stats{}, fmt.Errorf("class %d: %w", g.first+c, err)
	}
	lists := make([][]retrieval.Candidate, r.Recipe.IPC)
	self := make([]int, r.Recipe.IPC)
	for i := range lists {
		row := i*g.count + c
		fit := make([]float64, len(class))
		for k := range fit {
			fit[k] = float64(fits[row*longest+k])
		}
		if lists[i], err = pool.Weigh(fit); err != nil {
			return nil, retrieval.Stats{}, err
		}
		self[i] = slices.Index(class, g.origins[row])
	}
	choices, err := pool.Choose(lists, self)
	if err != nil {
		return nil, retrieval.Stats{}, fmt.Errorf("class %d: %w", g.first+c, err)
	}
	return choices, retrieval.Judge(choices, self), nil
}
