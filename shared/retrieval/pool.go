package retrieval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Pool holds the candidates of one class at one resolution. It is safe for concurrent use.
type Pool struct {
	drc        DRC
	n, dim     int
	features   []float32 // z(o), [n, dim], each of length 1
	complexity []float64 // c(o)
	scaled     []float64 // c(o) on the recipe's scale
	open       []float64 // and before clipping
}

// Candidate is one patch as seen by one query.
type Candidate struct {
	Index      int     // in the pool
	Fit        float64 // |q - z|^2, 0 to 4
	Complexity float64 // c(o)
	Score      float64 // J = (1-lambda) fit + lambda c, both on the recipe's scale
	open       float64 // J before clipping: decides between equal scores
}

// NewPool checks and keeps the features of a class's patches, [n, dim] of length 1 each, and their complexities.
func NewPool(features []float32, dim int, complexity []float64, drc DRC) (*Pool, error) {
	n := len(complexity)
	if n == 0 || dim < 1 || len(features) != n*dim {
		return nil, fmt.Errorf("pool: %d features of %d numbers and %d complexities: want one of each per patch, and a patch at least",
			len(features)/max(dim, 1), dim, n)
	}
	for i, c := range complexity {
		if !(c >= 0) || math.IsInf(c, 1) {
			return nil, fmt.Errorf("pool: patch %d has complexity %v: want a finite number that is not negative", i, c)
		}
		if err := unit(features[i*dim:][:dim]); err != nil {
			return nil, fmt.Errorf("pool: patch %d: %w", i, err)
		}
	}
	p := &Pool{drc: drc, n: n, dim: dim, features: features, complexity: complexity}
	p.scaled, p.open = ScaleComplexity(complexity, drc.Scale)
	return p, nil
}

// unit checks that a feature has length 1, within float32.
func unit(z []float32) error {
	s := 0.0
	for _, v := range z {
		s += float64(v) * float64(v)
	}
	if !(math.Abs(s-1) < 1e-3) {
		return fmt.Errorf("feature of length %v: want 1; normalise it", math.Sqrt(s))
	}
	return nil
}

// Score rates every candidate for a query feature of length 1, Eqn 4, in pool order.
func (p *Pool) Score(query []float32) ([]Candidate, error) {
	if len(query) != p.dim {
		return nil, fmt.Errorf("retrieval: query of %d numbers: want %d", len(query), p.dim)
	}
	if err := unit(query); err != nil {
		return nil, fmt.Errorf("retrieval: query: %w", err)
	}
	fit := make([]float64, p.n)
	for i := range fit {
		z := p.features[i*p.dim:][:len(query)]
		for k, q := range query {
			d := float64(q) - float64(z[k])
			fit[i] += d * d
		}
	}
	return p.Weigh(fit)
}

// Weigh rates every candidate from its squared distance to the query.
func (p *Pool) Weigh(fit []float64) ([]Candidate, error) {
	if len(fit) != p.n {
		return nil, fmt.Errorf("retrieval: %d distances for %d patches: want one each", len(fit), p.n)
	}
	terms := TermsOf(fit, p.scaled, p.open, p.drc.Scale)
	list := make([]Candidate, p.n)
	for i := range list {
		list[i] = Candidate{Index: i, Fit: fit[i], Complexity: p.complexity[i]}
		list[i].Score, list[i].open = terms.Score(i, p.drc.Lambda)
	}
	return list, nil
}

// better orders candidates: by score, then by the score before clipping, then by index.
func better(a, b Candidate) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.open, b.open), cmp.Compare(a.Index, b.Index))
}

// Top returns the m best of a scored list, best first; the list keeps its order.
func Top(list []Candidate, m int) []Candidate {
	top := slices.Clone(list)
	slices.SortFunc(top, better)
	return top[:min(max(m, 0), len(top))]
}

// Choice is an image's anchor and the candidates it was chosen from.
type Choice struct {
	Anchor Candidate
	Top    []Candidate // the TopM best, allowed or not
}

// Match scores the candidates for each image of the class, from the queries [m, dim], and chooses; see Choose.
func (p *Pool) Match(queries []float32, self []int) ([]Choice, error) {
	m := len(queries) / p.dim
	if len(queries) != m*p.dim {
		return nil, fmt.Errorf("retrieval: %d numbers of query: want a multiple of %d", len(queries), p.dim)
	}
	lists := make([][]Candidate, m)
	for i := range lists {
		var err error
		if lists[i], err = p.Score(queries[i*p.dim:][:p.dim]); err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
	}
	return p.Choose(lists, self)
}

// Choose picks an anchor for each image of the class from its candidates, scored in pool order. With NoRepeat the
// anchors are all different and their scores' sum is as small as it can be. With ExcludeSelf image i does not get patch
// self[i], the one it started as (-1: none); self may be nil otherwise.
func (p *Pool) Choose(lists [][]Candidate, self []int) ([]Choice, error) {
	m := len(lists)
	if p.drc.ExcludeSelf && len(self) != m {
		return nil, fmt.Errorf("retrieval: %d starting patches for %d images: want one each, -1 for none", len(self), m)
	}
	if !p.drc.ExcludeSelf {
		self = nil
	}
	var anchors []int
	if p.drc.NoRepeat {
		var err error
		anchors, err = Assign(m, p.n, self, func(i, patch int) float64 { return lists[i][patch].Score })
		if err != nil {
			return nil, err
		}
	}
	choices := make([]Choice, m)
	for i, list := range lists {
		ranked := Top(list, p.n)
		choices[i].Top = slices.Clip(ranked[:min(p.drc.TopM, p.n)])
		if p.drc.NoRepeat {
			choices[i].Anchor = list[anchors[i]]
			continue
		}
		first := slices.IndexFunc(ranked, func(c Candidate) bool { return self == nil || c.Index != self[i] })
		if first < 0 {
			return nil, fmt.Errorf("retrieval: image %d may not have its own starting patch, and the pool has no other", i)
		}
		choices[i].Anchor = ranked[first]
	}
	return choices, nil
}
