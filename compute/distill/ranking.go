package distill

import (
	"runtime"
	"slices"
	"sync"

	"reta/shared/retrieval"
)

// ranking is what viewers are told of the retrieval for one image: candidates among which the best at every lambda is
// the best of the pool.
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

// rankings explains the choices that the last choose made, [class][image], from the same resolution and starting
// patches: each image's best, then who else wins at some lambda, with and without its own patch where that is excluded,
// then its anchor, if that is none of these. The device has scored for one lambda; scaling its distances once more here,
// in float64, gives all.
func (t *retriever) rankings(choices [][]retrieval.Choice, size int, own [][]int) ([][]ranking, error) {
	all := make([][]ranking, len(choices))
	for _, p := range t.parts {
		fit, err := p.exec.Get(p.fit)
		if err != nil {
			return nil, err
		}
		var work sync.WaitGroup
		free := make(chan struct{}, runtime.GOMAXPROCS(0))
		for c := range p.count {
			class := p.first + c
			all[class] = make([]ranking, len(choices[class]))
			complexity := t.complexity[size][class]
			scaled, open := retrieval.ScaleComplexity(complexity, t.r.Recipe.DRC.Scale)
			free <- struct{}{}
			work.Go(func() {
				defer func() { <-free }()
				for i, choice := range choices[class] {
					distances := make([]float64, len(complexity))
					for k := range distances {
						distances[k] = float64(fit[(c*len(choices[class])+i)*p.longest+k])
					}
					terms := retrieval.TermsOf(distances, scaled, open, t.r.Recipe.DRC.Scale)
					all[class][i] = t.explain(choice, terms, distances, complexity, own[class][i])
				}
			})
		}
		work.Wait()
	}
	return all, nil
}

// explain is one image's ranking; own is its starting patch or -1.
func (t *retriever) explain(choice retrieval.Choice, terms retrieval.Terms, fit, complexity []float64, own int) ranking {
	drc := t.r.Recipe.DRC
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
