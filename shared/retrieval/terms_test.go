package retrieval

import (
	"slices"
	"testing"
)

// At every lambda the best of the winners is the best of the pool, on every scale, with clipped terms, equal candidates,
// and one that may not win; and there are few.
func TestWinnersWinAtEveryLambda(t *testing.T) {
	c := complexities(300, 5)
	for i := 0; i < 60; i += 3 {
		c[i] = c[i+1]
	}
	z, queries := features(300, 3), features(10, 4)
	copy(z[40*dim:], z[:20*dim]) // and twenty twins
	copy(c[40:], c[:20])
	for _, scale := range scales {
		p, err := NewPool(z, dim, c, DRC{Scale: scale})
		if err != nil {
			t.Fatal(err)
		}
		for q := range 10 {
			list, err := p.Score(queries[q*dim:][:dim])
			if err != nil {
				t.Fatal(err)
			}
			fit := make([]float64, len(list))
			for i, k := range list {
				fit[i] = k.Fit
			}
			terms := TermsOf(fit, p.scaled, p.open, scale)
			not := terms.Best(0.1, nil)
			for _, allowed := range []func(int) bool{nil, func(i int) bool { return i != not }} {
				winners := terms.Winners(allowed)
				if len(winners) > 40 || slices.Contains(winners, not) != (allowed == nil) {
					t.Fatalf("%s: winners %v", scale, winners)
				}
				for step := range 101 {
					lambda := float64(step) / 100
					want := terms.Best(lambda, allowed)
					got := terms.Best(lambda, func(i int) bool { return slices.Contains(winners, i) })
					a, _ := terms.Score(got, lambda)
					b, _ := terms.Score(want, lambda)
					if got != want && a > b {
						t.Errorf("%s: at %g candidate %d wins with %g, among the winners %d with %g", scale, lambda, want, b, got, a)
					}
					if (step == 0 || step == 100) && got != want {
						t.Errorf("%s: at %g candidate %d wins, among the winners %d", scale, lambda, want, got)
					}
				}
			}
		}
	}
}

// Five candidates by hand: A (0,4), B (1,1), C (4,0) are corners; D (2,2) lies inside, E twins B and comes later.
func TestWinnersByHand(t *testing.T) {
	fit, c := []float64{2, 1, 0, 4, 1}, []float64{2, 1, 4, 0, 1}
	terms := Terms{Fit: fit, FitOpen: fit, Complexity: c, ComplexityOpen: c}
	if got := terms.Winners(nil); !slices.Equal(got, []int{2, 1, 3}) {
		t.Errorf("winners %v, want 2, 1, 3", got)
	}
	if got := terms.Winners(func(i int) bool { return i != 1 }); !slices.Equal(got, []int{2, 4, 3}) {
		t.Errorf("winners without 1 are %v, want 2, 4, 3", got)
	}
	if terms.Winners(func(int) bool { return false }) != nil || terms.Best(0.5, func(int) bool { return false }) != -1 {
		t.Error("none may win and one does")
	}
	// clipped into one corner, by what they were: 0 is flatter, 1 is nearer
	clipped := Terms{Fit: []float64{0, 0}, Complexity: []float64{0, 0}, FitOpen: []float64{0, -1}, ComplexityOpen: []float64{-1, 0}}
	if got := clipped.Winners(nil); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("winners of two in a corner are %v, want 1, 0", got)
	}
}
