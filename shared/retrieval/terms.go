package retrieval

import (
	"cmp"
	"slices"
)

// Terms are the two terms of J, Eqn 4, of every candidate of one query, in pool order: on the recipe's scale, and before
// that clips. They do not depend on lambda.
type Terms struct {
	Fit, FitOpen               []float64
	Complexity, ComplexityOpen []float64
}

// TermsOf scales squared distances of one query; complexity and open are what ScaleComplexity gives for the class.
func TermsOf(fit, complexity, open []float64, s Scale) Terms {
	t := Terms{Complexity: complexity, ComplexityOpen: open}
	t.Fit, t.FitOpen = scaleFit(fit, s)
	return t
}

// Score is J of candidate i at lambda, and J before clipping, which tells equal ones apart.
func (t Terms) Score(i int, lambda float64) (score, open float64) {
	return (1-lambda)*t.Fit[i] + lambda*t.Complexity[i], (1-lambda)*t.FitOpen[i] + lambda*t.ComplexityOpen[i]
}

// Best is the candidate that wins at lambda, of those that allowed lets in (nil: all), or -1.
func (t Terms) Best(lambda float64, allowed func(i int) bool) int {
	best, score, open := -1, 0.0, 0.0
	for i := range t.Fit {
		if allowed != nil && !allowed(i) {
			continue
		}
		s, o := t.Score(i, lambda)
		if best < 0 || cmp.Or(cmp.Compare(s, score), cmp.Compare(o, open)) < 0 {
			best, score, open = i, s, o
		}
	}
	return best
}

// Winners are the candidates that win at some lambda in [0,1], of those that allowed lets in (nil: all), from lambda 0
// to 1: the corners of the lower left hull of (fit, complexity). Where clipping puts several into one corner, they are
// the corners of those by what they were before.
func (t Terms) Winners(allowed func(i int) bool) []int {
	var all []int
	for i := range t.Fit {
		if allowed == nil || allowed(i) {
			all = append(all, i)
		}
	}
	var won []int
	for _, corner := range hull(all, t.Fit, t.Complexity) {
		for _, alike := range hull(corner, t.FitOpen, t.ComplexityOpen) {
			won = append(won, slices.Min(alike))
		}
	}
	// At the ends one term counts alone, and all that are equal in it compete with what they were before clipping.
	for _, lambda := range []float64{0, 1} {
		if i := t.Best(lambda, allowed); i >= 0 && !slices.Contains(won, i) {
			won = append(won, i)
		}
	}
	return won
}

// hull lists the corners of the lower left convex hull of points (x_i, y_i), from the least x to the least y, each with
// all points that lie on it. Points on a side between two corners win only together with these and are none.
func hull(points []int, x, y []float64) (corners [][]int) {
	if len(points) == 0 {
		return nil
	}
	left, low := points[0], points[0] // the first and last corner
	for _, p := range points {
		if cmp.Or(cmp.Compare(x[p], x[left]), cmp.Compare(y[p], y[left])) < 0 {
			left = p
		}
		if cmp.Or(cmp.Compare(y[p], y[low]), cmp.Compare(x[p], x[low])) < 0 {
			low = p
		}
	}
	var order []int // those not above the line between the two: few of many
	for _, p := range points {
		if x[p] <= x[low] && y[p] <= y[left] && (x[low]-x[left])*(y[p]-y[left])-(y[low]-y[left])*(x[p]-x[left]) <= 0 {
			order = append(order, p)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(y[a], y[b]), cmp.Compare(a, b))
	})
	for _, p := range order {
		if n := len(corners); n > 0 {
			last := corners[n-1][0]
			if x[p] == x[last] && y[p] == y[last] {
				corners[n-1] = append(corners[n-1], p)
				continue
			}
			if y[p] >= y[last] {
				continue
			}
		}
		for n := len(corners); n > 1; n = len(corners) {
			a, b := corners[n-2][0], corners[n-1][0]
			if (x[b]-x[a])*(y[p]-y[a])-(y[b]-y[a])*(x[p]-x[a]) > 0 {
				break
			}
			corners = corners[:n-1]
		}
		corners = append(corners, []int{p})
	}
	return corners
}
