package distill

import (
	"math"
	"slices"
	"testing"

	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// At lambda 0, 0.05, ..., 1 the best of what is told of an image, by the float32 terms that go to viewers, is the best of
// its whole pool by the reference in float64, and whoever may not win is told too.
func TestRankingsHoldForEveryLambda(t *testing.T) {
	for _, c := range []retrieverCase{
		{candidates: []int{2, 1, 9}, images: 3, width: 8},
		{candidates: []int{500, 7, 128}, images: 5, width: 64},
		{candidates: []int{40, 41, 60}, images: 4, width: 16, limit: 5000}, // in parts
	} {
		for _, scale := range scales {
			c.drc = recipe.DRC{Lambda: 0.1, Scale: scale, TopM: 4}
			c.rank(t)
		}
		c.drc.NoRepeat, c.drc.ExcludeSelf = true, true
		if slices.Min(c.candidates) > c.images {
			c.rank(t)
		}
	}
}

func (c retrieverCase) rank(t *testing.T) {
	t.Helper()
	r, queries, own := c.open(t)
	choices, err := r.choose(queries, px, own)
	if err != nil {
		t.Fatal(err)
	}
	rankings, err := r.rankings(choices, px, own)
	if err != nil {
		t.Fatal(err)
	}
	for class, n := range c.candidates {
		for i, told := range rankings[class] {
			if top := min(n, c.drc.TopM); len(told.list) < top || told.list[0].Candidate != choices[class][i].Top[0] {
				t.Fatalf("class %d, image %d: %+v told of the best %+v", class, i, told.list, choices[class][i].Top)
			}
			if len(told.list) > c.drc.TopM+60 {
				t.Errorf("class %d, image %d: %d candidates told", class, i, len(told.list))
			}
			if k := told.list[told.chosen]; k.Index != choices[class][i].Anchor.Index {
				t.Errorf("class %d, image %d: anchor %d told as %d", class, i, choices[class][i].Anchor.Index, k.Index)
			}
			for _, k := range told.list {
				if k.own != (k.Index == own[class][i]) {
					t.Errorf("class %d, image %d: %+v, its own patch is %d", class, i, k, own[class][i])
				}
			}
			q := queries[(class*c.images+i)*c.width:][:c.width]
			for step := range 21 {
				drc := c.drc
				drc.Lambda = float64(step) / 20
				reference, err := retrieval.NewPool(r.r.pool.of(class), c.width, r.complexity[px][class], drc)
				if err != nil {
					t.Fatal(err)
				}
				list, err := reference.Score(q)
				if err != nil {
					t.Fatal(err)
				}
				for _, without := range []int{-1, own[class][i]} {
					if without >= 0 && (!drc.ExcludeSelf || n == 1) {
						continue
					}
					best, least := -1, math.Inf(1)
					for _, k := range told.list {
						j := (1-drc.Lambda)*float64(float32(k.fitScaled)) + drc.Lambda*float64(float32(k.complexityScaled))
						if k.Index != without && j < least {
							best, least = k.Index, j
						}
					}
					want := retrieval.Top(list, n)
					want = slices.DeleteFunc(want, func(k retrieval.Candidate) bool { return k.Index == without })
					if math.Abs(least-want[0].Score) > 2e-5 || math.Abs(list[best].Score-want[0].Score) > 2e-5 {
						t.Errorf("%s, lambda %g, class %d, image %d: the list gives %d at %g, the pool %+v", drc.Scale, drc.Lambda, class, i, best, least, want[0])
					}
				}
			}
		}
	}
}

// What a viewer is told of a large class costs a millisecond or so an image, not more than the scores did.
func BenchmarkRankings(b *testing.B) {
	c := retrieverCase{candidates: []int{5000, 5000}, images: 50, width: 64, drc: recipe.DRC{Lambda: 0.1, Scale: recipe.Percentile, TopM: 8}}
	r, queries, own := c.open(b)
	choices, err := r.choose(queries, px, own)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.rankings(choices, px, own); err != nil {
			b.Fatal(err)
		}
	}
}
