package distill

import (
	"context"
	"math"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/event"
)

// With lambda 0 every image of the second and third class gets the real image of its class whose feature is nearest to
// its own, and that image's pixels; the fit is the squared distance. Both are found here by looking at all.
func TestRetrieveFindsTheNearestOfItsClass(t *testing.T) {
	job := smallJob(t)
	job.Recipe.DRC.Lambda = 0
	job.Emit = func(event.Event) {}
	g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, first: 1, count: 2}
	defer g.close()
	if err := firstError(g.r.openPool(), g.start()); err != nil {
		t.Fatal(err)
	}
	var end event.StageEnd
	images, chosen, err := g.retrieve(&end)
	if err != nil {
		t.Fatal(err)
	}
	queries, _, err := g.look(g.allRows())
	if err != nil {
		t.Fatal(err)
	}
	pool, size := g.r.pool, job.Data.Size
	each := size * size * 3
	rgb := make([]byte, each)
	for row, a := range chosen {
		class := g.first + row%g.count
		best, least := -1, math.Inf(1)
		for k, image := range pool.class[class] {
			d := 0.0
			for i := range pool.width {
				diff := float64(queries[row*pool.width+i]) - float64(pool.of(class)[k*pool.width+i])
				d += diff * diff
			}
			if d < least {
				best, least = image, d
			}
		}
		if a.id != job.Data.Train.ID(best) || math.Abs(a.fit-least) > 1e-5 {
			t.Errorf("row %d of class %d got %s at %.6f, the nearest is %s at %.6f", row, class, a.id, a.fit, job.Data.Train.ID(best), least)
		}
		if err := job.Data.Train.Batch([]int{best}, rgb); err != nil {
			t.Fatal(err)
		}
		for i, b := range rgb {
			want := (float64(b)/255 - job.Data.Mean[i%3]) / job.Data.Std[i%3]
			if got := float64(images[row*each+i]); math.Abs(got-want) > 1e-4 {
				t.Fatalf("row %d: number %d of its anchor is %g, want %g", row, i, got, want)
			}
		}
	}
}
