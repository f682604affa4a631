package distill

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
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
	images, chosen, err := g.anchors(&end)
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
		top := a.ranking.list[:job.Recipe.DRC.TopM]
		if a.ranking.chosen != 0 || g.candidate(row%g.count, top[0].Candidate) != a.candidate ||
			!slices.IsSortedFunc(top, func(a, b ranked) int { return cmp.Compare(a.Score, b.Score) }) {
			t.Errorf("row %d: anchor %+v of %+v", row, a.candidate, top)
		}
		if err := job.Data.Train.Batch([]int{best}, rgb); err != nil {
			t.Fatal(err)
		}
		c, err := retrieval.Complexity(retrieval.Luminance(rgb), size, size, job.Recipe.DRC.BlurSigma)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.complexity-c) > 1e-5*c {
			t.Errorf("row %d: the complexity of its anchor is told as %g, it is %g", row, a.complexity, c)
		}
		for i, b := range rgb {
			want := (float64(b)/255 - job.Data.Mean[i%3]) / job.Data.Std[i%3]
			if got := float64(images[row*each+i]); math.Abs(got-want) > 1e-4 {
				t.Fatalf("row %d: number %d of its anchor is %g, want %g", row, i, got, want)
			}
		}
	}
}

// Fixed anchors are weighed as retrieved ones are: with the whole image for a patch, fit and complexity are those of the
// candidate it is, and every image took its own.
func TestFixedAnchorsAreWeighed(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Connection = recipe.Fixed
	job.Recipe.Resolutions = []int{12, 16, 12, 16}
	job.Emit = func(event.Event) {}
	g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, first: 1, count: 2}
	defer g.close()
	if err := firstError(g.r.openPool(), g.start()); err != nil {
		t.Fatal(err)
	}
	size := job.Data.Size
	whole := make([]patch, g.canvas.rows)
	for row := range whole {
		whole[row] = patch{image: g.origins[row], box: nn.Box{Height: float64(size), Width: float64(size)}}
	}
	var err error
	if g.patches, err = cutPatches(g.r.ctx, g.r.dev, job.Data, whole); err != nil {
		t.Fatal(err)
	}
	queries, _, err := g.look(g.allRows())
	if err != nil {
		t.Fatal(err)
	}
	var end event.StageEnd
	images, chosen, err := g.anchors(&end)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(images, g.patches) {
		t.Error("the anchors are not the patches")
	}
	rgb := make([]byte, size*size*3)
	for row, a := range chosen {
		class := g.first + row%g.count
		z := g.r.pool.of(class)[slices.Index(g.r.pool.class[class], g.origins[row])*g.r.pool.width:][:g.r.pool.width]
		fit := distance(queries[row*g.r.pool.width:][:g.r.pool.width], z)
		if err := job.Data.Train.Batch([]int{g.origins[row]}, rgb); err != nil {
			t.Fatal(err)
		}
		c, err := retrieval.Complexity(shrink(retrieval.Luminance(rgb), size, 12), 12, 12, job.Recipe.DRC.BlurSigma)
		if err != nil {
			t.Fatal(err)
		}
		if a.id != job.Data.Train.ID(g.origins[row]) || math.Abs(a.fit-fit) > 1e-5 || math.Abs(a.complexity-c) > 1e-4*c || a.ranking.list != nil {
			t.Errorf("row %d: anchor %+v, want %s with fit %g, complexity %g", row, a, job.Data.Train.ID(g.origins[row]), fit, c)
		}
	}
	if math.Abs(float64(end.SelfRetrieval)-1) > 1e-6 || end.CollisionRate != 0 || math.Abs(float64(end.Entropy)-math.Log(4)) > 1e-6 {
		t.Errorf("told %+v, want self-retrieval 1, no collision, entropy log 4", end)
	}
	g.origins[3] = 0 // an image of class 0, as in a checkpoint of other data
	if _, _, err := g.anchors(&end); err == nil {
		t.Error("a patch of another class is no error")
	}
}
