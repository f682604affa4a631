package retrieval

import (
	"cmp"
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/state"
)

// candidateList is the candidates of one image with the two terms of J (Eqn 4) on a common scale.
type candidateList struct {
	all                     []event.Candidate
	fit, complexity         []float64 // scaled
	fitOpen, complexityOpen []float64 // and before clipping, which tells equal ones apart
	own                     bool      // the image may take its own patch
	chosen                  int       // place of the run's anchor, -1 for none
	hasScale                bool      // the scale is the run's; else least to largest of what was sent
	lambda                  float64   // of the run
}

// lambdaRange is a stretch of lambda with one winner.
type lambdaRange struct {
	from, to float64
	winner   int
}

// newCandidateLists reads the candidates of every image.
func newCandidateLists(r *event.Retrieval) []*candidateList {
	lists := make([]*candidateList, min(len(r.Candidates), state.MaxTiles))
	fit, rest := leastToLargest(r, func(c event.Candidate) float32 { return c.Fit }), leastToLargest(r, func(c event.Candidate) float32 { return c.Complexity })
	for i := range lists {
		lists[i] = newCandidateList(r, i, fit, rest)
	}
	return lists
}

// newCandidateList reads the candidates of an image; fit and rest scale the terms where the server did not.
func newCandidateList(r *event.Retrieval, image int, fit, rest func(float32) float64) *candidateList {
	l := &candidateList{own: !r.ExcludeSelf, chosen: -1, hasScale: r.Scale != "", lambda: roundLambda(r.Lambda)}
	for _, c := range r.Candidates[image] {
		if v := float64(c.Fit + c.Complexity + c.FitScaled + c.ComplexityScaled + c.FitOpen + c.ComplexityOpen); v-v != 0 {
			continue
		}
		l.all = append(l.all, c)
	}
	if len(l.all) == len(r.Candidates[image]) && len(l.all) > 0 {
		l.chosen = 0
		if image < len(r.Chosen) {
			l.chosen = r.Chosen[image]
		}
	}
	for _, c := range l.all {
		f, k := fit(c.Fit), rest(c.Complexity)
		if l.hasScale {
			f, k = float64(c.FitScaled), float64(c.ComplexityScaled)
		}
		l.fit, l.complexity = append(l.fit, f), append(l.complexity, k)
		if !l.hasScale {
			c.FitOpen, c.ComplexityOpen = float32(f), float32(k)
		}
		l.fitOpen, l.complexityOpen = append(l.fitOpen, float64(c.FitOpen)), append(l.complexityOpen, float64(c.ComplexityOpen))
	}
	return l
}

// leastToLargest maps a number of the class's candidates from its least to its largest onto 0 to 1: for servers that do not
// tell the scaled terms.
func leastToLargest(r *event.Retrieval, of func(event.Candidate) float32) func(float32) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, list := range r.Candidates {
		for _, c := range list {
			if v := float64(of(c)); v-v == 0 {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return func(v float32) float64 {
		if !(hi > lo) {
			return 0
		}
		return (float64(v) - lo) / (hi - lo)
	}
}

// score is J of a candidate at lambda, and J before clipping.
func (l *candidateList) score(i int, lambda float64) (score, open float64) {
	return (1-lambda)*l.fit[i] + lambda*l.complexity[i], (1-lambda)*l.fitOpen[i] + lambda*l.complexityOpen[i]
}

// order is all candidates, best first.
func (l *candidateList) order(lambda float64) []int {
	list := make([]int, len(l.all))
	for i := range list {
		list[i] = i
	}
	slices.SortStableFunc(list, func(a, b int) int { return l.compare(a, b, lambda) })
	return list
}

func (l *candidateList) compare(a, b int, lambda float64) int {
	s, o := l.score(a, lambda)
	t, p := l.score(b, lambda)
	return cmp.Or(cmp.Compare(s, t), cmp.Compare(o, p), cmp.Compare(a, b))
}

// allowed reports whether the image may take a candidate.
func (l *candidateList) allowed(i int) bool { return l.own || !l.all[i].Own }

// winner is the best candidate that the image may take, -1 for none.
func (l *candidateList) winner(lambda float64) int {
	best := -1
	for i := range l.all {
		if l.allowed(i) && (best < 0 || l.compare(i, best, lambda) < 0) {
			best = i
		}
	}
	return best
}

// bands are the stretches of lambda between 0 and 1 with one winner each: J is a straight line in lambda for every
// candidate, and the winners are the lines that bound them all from below.
func (l *candidateList) bands() (out []lambdaRange) {
	slope := func(i int) float64 { return l.complexity[i] - l.fit[i] }
	at, now := 0.0, l.winner(0)
	for range l.all {
		if now < 0 {
			return out
		}
		next, to := -1, 1.0
		for i := range l.all {
			if !l.allowed(i) || !(slope(i) < slope(now)) {
				continue
			}
			cross := max((l.fit[i]-l.fit[now])/(slope(now)-slope(i)), at)
			switch {
			case cross > to || cross == to && next < 0:
			case cross < to || slope(i) < slope(next):
				next, to = i, cross
			case slope(i) == slope(next) && l.compare(i, next, cross) < 0:
				next = i
			}
		}
		if to > at {
			out = append(out, lambdaRange{at, to, now})
		}
		if next < 0 {
			return out
		}
		at, now = to, next
	}
	if at < 1 && now >= 0 {
		out = append(out, lambdaRange{at, 1, now})
	}
	return out
}
