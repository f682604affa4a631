package distill

import (
	"slices"

	"reta/compute/nn"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// anchor is what one image is blended with at a residual connection, and why.
type anchor struct {
	candidate
	ranking ranking // of the candidates of its class; empty where nothing was retrieved
}

// candidate is a real image, or a patch of it, as one synthetic image sees it:
// the two terms of Eqn 4 and what they come to.
type candidate struct {
	image                  int    // of the training images
	id                     string // its name
	fit, complexity, score float64
}

// anchors gives each row's anchor [rows,S,S,3]: the patch the image started as,
// or, by retrieval, the best real image for what it looks like now.
func (g *group) anchors(end *event.StageEnd) ([]float32, []anchor, error) {
	queries, _, err := g.look(g.byClass())
	if err != nil {
		return nil, nil, err
	}
	own := g.ownPatches()
	weigh, retrieves := g.weighPatches, g.r.Recipe.Connection == recipe.Retrieval
	if retrieves {
		weigh = g.retrieve
	}
	choices, err := weigh(queries, own)
	if err != nil {
		return nil, nil, err
	}
	var rankings [][]ranking
	if retrieves {
		if rankings, err = g.retriever.rankings(choices, g.canvas.size, own); err != nil {
			return nil, nil, err
		}
	}
	chosen := make([]anchor, g.canvas.rows)
	whole := make([]patch, g.canvas.rows)
	size := float64(g.r.Data.Size)
	for c, class := range choices {
		for i, choice := range class {
			row := i*g.count + c
			chosen[row].candidate = g.candidate(c, choice.Anchor)
			if retrieves {
				chosen[row].ranking = rankings[c][i]
			}
			whole[row] = patch{image: g.r.pool.class[g.first+c][choice.Anchor.Index], box: nn.Box{Height: size, Width: size}}
		}
		tell(end, retrieval.Judge(class, own[c]), g.count)
	}
	if !retrieves {
		return g.patches, chosen, nil
	}
	images, err := cutPatches(g.r.ctx, g.r.dev, g.r.Data, whole)
	return images, chosen, err
}

// retrieve is the Dynamic Retrieval Connection: for every image of the group
// the pool's candidate of least J (Eqn 4), [class][image], for queries in the
// order of byClass.
func (g *group) retrieve(queries []float32, own [][]int) ([][]retrieval.Choice, error) {
	if g.retriever == nil {
		t, err := g.r.newRetriever(g.first, g.count, g.r.dev.Info().Limits.StorageRange)
		if err != nil {
			return nil, err
		}
		g.retriever = t
	}
	return g.retriever.choose(queries, g.canvas.size, own)
}

// byClass are all rows of the group, class after class.
func (g *group) byClass() []uint32 {
	rows := make([]uint32, 0, g.canvas.rows)
	for c := range g.count {
		for i := range g.r.Recipe.IPC {
			rows = append(rows, uint32(i*g.count+c))
		}
	}
	return rows
}

// ownPatches are the candidates that the images started from, [class][image],
// -1 where that is none of the class's.
func (g *group) ownPatches() [][]int {
	own := make([][]int, g.count)
	for row, origin := range g.origins {
		c := row % g.count
		own[c] = append(own[c], slices.Index(g.r.pool.class[g.first+c], origin))
	}
	return own
}

func (g *group) candidate(c int, k retrieval.Candidate) candidate {
	image := g.r.pool.class[g.first+c][k.Index]
	return candidate{image: image, id: g.r.Data.Train.ID(image), fit: k.Fit, complexity: k.Complexity, score: k.Score}
}

// tell adds the figures of one of count classes to the stage's.
func tell(end *event.StageEnd, s retrieval.Stats, count int) {
	share := 1 / float32(count)
	end.CollisionRate += share * float32(s.Collisions)
	end.SelfRetrieval += share * float32(s.SelfRetrieval)
	end.Entropy += share * float32(s.Entropy)
}
