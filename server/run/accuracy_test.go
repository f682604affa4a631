package run

import (
	"math/rand/v2"
	"testing"

	"reta/compute/models"
	"reta/compute/train"
)

// An order of the outputs is found where there is one, and only there.
func TestReorder(t *testing.T) {
	const count, outputs, each = 20, 25, 6
	rng := rand.New(rand.NewPCG(3, 4))
	order := rng.Perm(outputs)
	var classes, mixed, random []int
	for i := range count * each {
		c := i % count
		classes = append(classes, c)
		answer := order[c]
		if rng.Float64() < 0.3 {
			answer = rng.IntN(outputs)
		}
		mixed = append(mixed, answer)
		random = append(random, rng.IntN(outputs))
	}
	got, top1, images := reorder(classes, mixed, count, outputs)
	if images != count*each/2 || top1 < 0.5 {
		t.Errorf("%v of %d images", top1, images)
	}
	wrong := 0
	for c, output := range got {
		if output != order[c] {
			wrong++
		}
	}
	if wrong > 2 {
		t.Errorf("%d of %d outputs are wrong", wrong, count)
	}
	if _, top1, _ := reorder(classes, random, count, outputs); top1 > 0.2 {
		t.Errorf("random answers are right by %v", top1)
	}
}

// A teacher must be better than chance and than half of what its file states, beyond the doubt of few images.
func TestLeastAccuracy(t *testing.T) {
	some := 0.2
	for _, c := range []struct {
		outputs int
		stated  float64
		asked   *float64
		images  int
		top1    float64
		refused bool
	}{
		{100, 0, nil, 100, 0.01, true},
		{100, 0, nil, 100, 0.1, false},
		{100, 0.7, nil, 200, 0.2, true},
		{100, 0.7, nil, 20, 0.25, false}, // may be 0.44
		{100, 0.7, &some, 200, 0.3, false},
		{100, 0.7, new(float64), 200, 0, false},
		{2, 0, nil, 100, 0.5, true},
		{2, 0, nil, 100, 0.6, false},
		{2, 0, nil, 5, 0, false},
	} {
		r := Run{MinAccuracy: c.asked}
		m := measured{Score: train.Score{Top1: c.top1, Images: c.images}}
		m.least, _ = r.leastAccuracy(&models.Model{Spec: models.Spec{Classes: c.outputs}, Origin: models.Origin{Top1: c.stated}})
		if m.below(c.top1) != c.refused {
			t.Errorf("%+v: refused %v, want at least %v", c, !c.refused, m.least)
		}
	}
}
