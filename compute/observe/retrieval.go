package observe

import (
	"runtime"
	"slices"
	"sync"

	"reta/compute/distill"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// showRetrieval says why each image's anchor won, and keeps which real images were ranked. origins are the candidates that
// the images started from, [class][image].
func (o *Observer) showRetrieval(g *distill.Group, b *distill.Blend, origins [][]int) error {
	rankings, err := rankingsOf(g, b, origins)
	if err != nil {
		return err
	}
	pool, err := g.Pool()
	if err != nil {
		return err
	}
	drc := g.Recipe.DRC
	for c := range g.Count() {
		class := g.First() + c
		e := event.Retrieval{
			Step: g.Step(), Stage: g.Stage() - 1, Class: class, Lambda: float32(drc.Lambda), Scale: string(drc.Scale),
			Pool: len(pool.Class[class]), Top: drc.TopM, NoRepeat: drc.NoRepeat, ExcludeSelf: drc.ExcludeSelf,
		}
		seen := map[int]bool{}
		o.thumbs.ranked[c] = nil
		for _, r := range rankings[c] {
			var list []event.Candidate
			for _, k := range r.list {
				list = append(list, event.Candidate{
					ID: nameOf(g, pool, c, k.Index), Fit: float32(k.Fit), Complexity: float32(k.Complexity), Score: float32(k.Score),
					FitScaled: float32(k.fitScaled), FitOpen: float32(k.fitOpen),
					ComplexityScaled: float32(k.complexityScaled), ComplexityOpen: float32(k.complexityOpen), Own: k.own,
				})
				if !seen[k.Index] {
					seen[k.Index] = true
					o.thumbs.ranked[c] = append(o.thumbs.ranked[c], k.Index)
				}
			}
			e.Candidates, e.Chosen = append(e.Candidates, list), append(e.Chosen, r.chosen)
		}
		if o.wants(g, event.TopicRetrieval, c, true) {
			o.Emit(e)
		}
	}
	return nil
}

// ranking is what viewers are sent of the retrieval for one image: candidates among which the best at every lambda is the
// best of the pool.
type ranking struct {
	list   []ranked
	chosen int // of list: the anchor
}

// ranked is a candidate with the terms of J, see retrieval.Terms.
type ranked struct {
	retrieval.Candidate
	fitScaled, fitOpen, complexityScaled, complexityOpen float64
	own                                                  bool // the image started as a patch of it
}

// rankingsOf explains a blend's choices, [class][image]: each image's best candidates, then who else wins at some lambda,
// with and without its own patch where that is excluded, then its anchor, if that is none of these. The device has scored
// for one lambda; scaling its distances once more here, in float64, gives all.
func rankingsOf(g *distill.Group, b *distill.Blend, origins [][]int) ([][]ranking, error) {
	drc := g.Recipe.DRC
	all := make([][]ranking, len(b.Choices))
	var work sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	err := b.Distances(func(class int, fit []float32, longest int, complexity []float64) error {
		all[class] = make([]ranking, len(b.Choices[class]))
		scaled, open := retrieval.ScaleComplexity(complexity, drc.Scale)
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			for i, choice := range b.Choices[class] {
				distances := make([]float64, len(complexity))
				for k := range distances {
					distances[k] = float64(fit[i*longest+k])
				}
				terms := retrieval.TermsOf(distances, scaled, open, drc.Scale)
				all[class][i] = explain(drc, choice, terms, distances, complexity, origins[class][i])
			}
		})
		return nil
	})
	work.Wait()
	return all, err
}

// explain is one image's ranking; own is its starting patch or -1.
func explain(drc recipe.DRC, choice retrieval.Choice, terms retrieval.Terms, fit, complexity []float64, own int) ranking {
	var r ranking
	add := func(k retrieval.Candidate) int {
		i := k.Index
		if at := slices.IndexFunc(r.list, func(r ranked) bool { return r.Index == i }); at >= 0 {
			return at
		}
		r.list = append(r.list, ranked{
			Candidate: k, own: i == own,
			fitScaled: terms.Fit[i], fitOpen: terms.FitOpen[i], complexityScaled: terms.Complexity[i], complexityOpen: terms.ComplexityOpen[i],
		})
		return len(r.list) - 1
	}
	for _, k := range choice.Top {
		add(k)
	}
	winners := terms.Winners(nil)
	if drc.ExcludeSelf && own >= 0 {
		winners = append(winners, terms.Winners(func(i int) bool { return i != own })...)
	}
	for _, i := range winners {
		score, _ := terms.Score(i, drc.Lambda)
		add(retrieval.Candidate{Index: i, Fit: fit[i], Complexity: complexity[i], Score: score})
	}
	r.chosen = add(choice.Anchor)
	return r
}
