package observe

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/distill"
	"reta/compute/graph/graphtest"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// blender keeps what a run's first residual connection ranked, [class][image], and what it ranked it by.
type blender struct {
	*Observer
	t        *testing.T
	rankings [][]ranking
	fit      [][][]float64
	c        [][]float64
	own      [][]int
	blend    *distill.Blend
}

func (b *blender) StageEnds(g *distill.Group) error {
	if b.own == nil {
		for c := range g.Count() {
			b.own = append(b.own, g.Origins(c))
		}
	}
	return nil
}

func (b *blender) StageEnded(g *distill.Group, blend *distill.Blend) (err error) {
	if b.rankings != nil {
		return nil
	}
	b.blend = blend
	if b.rankings, err = rankingsOf(g, blend, b.own); err != nil {
		return err
	}
	return blend.Distances(func(class int, fit []float32, longest int, complexity []float64) error {
		var rows [][]float64
		for i := range g.Recipe.IPC {
			var row []float64
			for _, v := range fit[i*longest:][:len(complexity)] {
				row = append(row, float64(v))
			}
			rows = append(rows, row)
		}
		b.fit, b.c = append(b.fit, rows), append(b.c, complexity)
		return nil
	})
}

// At lambda 0, 0.05, ..., 1 the best of what is sent of an image, by the float32 terms that go to viewers, is the best of
// its whole pool in float64, and whoever may not win is sent too.
func TestRankingsHoldForEveryLambda(t *testing.T) {
	for _, edit := range []func(*recipe.DRC){
		func(d *recipe.DRC) {},
		func(d *recipe.DRC) { d.Scale = recipe.Raw },
		func(d *recipe.DRC) { d.Scale = recipe.ZScore },
		func(d *recipe.DRC) { d.Scale = recipe.Rank },
		func(d *recipe.DRC) { d.NoRepeat, d.ExcludeSelf = true, true },
	} {
		job := smallJob(t)
		job.Recipe.Steps, job.Recipe.PTA.On, job.Recipe.DRC.TopM = 4, false, 4
		edit(&job.Recipe.DRC)
		b := &blender{t: t, Observer: watch(&job, Options{})}
		job.Observer = b
		if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
			t.Fatal(err)
		}
		for class := range b.rankings {
			for i := range b.rankings[class] {
				b.check(job.Recipe.DRC, class, i)
			}
		}
	}
}

func (b *blender) check(drc recipe.DRC, class, i int) {
	b.t.Helper()
	sent, choice, own := b.rankings[class][i], b.blend.Choices[class][i], b.own[class][i]
	if len(sent.list) < drc.TopM || sent.list[0].Candidate != choice.Top[0] {
		b.t.Fatalf("class %d, image %d: %+v sent of the best %+v", class, i, sent.list, choice.Top)
	}
	if k := sent.list[sent.chosen]; k.Index != choice.Anchor.Index {
		b.t.Errorf("class %d, image %d: anchor %d sent as %d", class, i, choice.Anchor.Index, k.Index)
	}
	for _, k := range sent.list {
		if k.own != (k.Index == own) {
			b.t.Errorf("class %d, image %d: %+v, its own patch is %d", class, i, k, own)
		}
	}
	scaled, open := retrieval.ScaleComplexity(b.c[class], drc.Scale)
	terms := retrieval.TermsOf(b.fit[class][i], scaled, open, drc.Scale)
	for step := range 21 {
		lambda := float64(step) / 20
		for _, without := range []int{-1, own} {
			if without >= 0 && !drc.ExcludeSelf {
				continue
			}
			want := math.Inf(1)
			for k := range b.c[class] {
				if j, _ := terms.Score(k, lambda); k != without && j < want {
					want = j
				}
			}
			least := math.Inf(1)
			for _, k := range sent.list {
				if j := (1-lambda)*float64(float32(k.fitScaled)) + lambda*float64(float32(k.complexityScaled)); k.Index != without {
					least = min(least, j)
				}
			}
			if math.Abs(least-want) > 2e-5 {
				b.t.Errorf("%s, lambda %g, class %d, image %d: the list gives %g, the pool %g", drc.Scale, lambda, class, i, least, want)
			}
		}
	}
	if !slices.IsSortedFunc(choice.Top, func(a, b retrieval.Candidate) int { return int(math.Copysign(1, a.Score-b.Score)) }) && drc.Scale != recipe.Rank {
		b.t.Errorf("class %d, image %d: %+v", class, i, choice.Top)
	}
}
