package distill

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// With lambda 0 every image of the second and third class gets the real image of its class whose feature is nearest to
// its own, and that image's pixels; the fit is the squared distance. Both are found here by looking at all.
func TestRetrieveFindsTheNearestOfItsClass(t *testing.T) {
	job := smallJob(t)
	job.Recipe.DRC.Lambda = 0
	watchJob(&job)
	g := openGroup(t, job, 1, 2)
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	seen, err := g.AllFeatures()
	if err != nil {
		t.Fatal(err)
	}
	queries := seen.Unit
	blend, err := g.parts.end.Blend(g, 16)
	if err != nil {
		t.Fatal(err)
	}
	images, pool, size := blend.Anchor, g.pool, job.Data.Size
	each := size * size * 3
	rgb := make([]byte, each)
	for row, choice := range blend.byRow(g.count) {
		a, class := choice.Anchor, g.first+row%g.count
		best, least := -1, math.Inf(1)
		for k, image := range pool.Class[class] {
			d := 0.0
			for i := range pool.Width {
				diff := float64(queries[row*pool.Width+i]) - float64(pool.Features(class)[k*pool.Width+i])
				d += diff * diff
			}
			if d < least {
				best, least = image, d
			}
		}
		if got := pool.Class[class][a.Index]; got != best || math.Abs(a.Fit-least) > 1e-5 {
			t.Errorf("row %d of class %d got image %d at %.6f, the nearest is %d at %.6f", row, class, got, a.Fit, best, least)
		}
		top := choice.Top
		if len(top) != job.Recipe.DRC.TopM || top[0] != a ||
			!slices.IsSortedFunc(top, func(a, b retrieval.Candidate) int { return cmp.Compare(a.Score, b.Score) }) {
			t.Errorf("row %d: anchor %+v of %+v", row, a, top)
		}
		if err := job.Data.Train.Batch([]int{best}, rgb); err != nil {
			t.Fatal(err)
		}
		c, err := retrieval.Complexity(retrieval.Luminance(rgb), size, size, job.Recipe.DRC.BlurSigma)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Complexity-c) > 1e-5*c {
			t.Errorf("row %d: the complexity of its anchor is %g, want %g", row, a.Complexity, c)
		}
		for i, b := range rgb {
			want := (float64(b)/255 - job.Data.Mean[i%3]) / job.Data.Std[i%3]
			if got := float64(images[row*each+i]); math.Abs(got-want) > 1e-4 {
				t.Fatalf("row %d: number %d of its anchor is %g, want %g", row, i, got, want)
			}
		}
	}
}

// Fixed anchors are judged as retrieved ones are: with the whole image for a patch, fit and complexity are those of the
// candidate it is, and every image took its own.
func TestFixedAnchorsAreJudged(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Connection = recipe.Fixed
	job.Recipe.Resolutions = []int{12, 16, 12, 16}
	watchJob(&job)
	g := openGroup(t, job, 1, 2)
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	size := job.Data.Size
	patches, err := cutPatches(g.ctx, g.dev, job.Data, wholeImages(g.origins, size), size)
	if err != nil {
		t.Fatal(err)
	}
	g.parts.end.Start(First{Pixels: patches, Size: size})
	seen, err := g.AllFeatures()
	if err != nil {
		t.Fatal(err)
	}
	queries := seen.Unit
	judged, err := g.Judge()
	if err != nil {
		t.Fatal(err)
	}
	blend, err := g.parts.end.Blend(g, 16)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(blend.Anchor, patches) {
		t.Error("the anchors are not the patches")
	}
	rgb := make([]byte, size*size*3)
	for row, choice := range (&Blend{Choices: judged}).byRow(g.count) {
		a := choice.Anchor
		class := g.first + row%g.count
		z := g.pool.Features(class)[slices.Index(g.pool.Class[class], g.origins[row])*g.pool.Width:][:g.pool.Width]
		fit := distance(queries[row*g.pool.Width:][:g.pool.Width], z)
		if err := job.Data.Train.Batch([]int{g.origins[row]}, rgb); err != nil {
			t.Fatal(err)
		}
		c, err := retrieval.Complexity(shrink(retrieval.Luminance(rgb), size, 12), 12, 12, job.Recipe.DRC.BlurSigma)
		if err != nil {
			t.Fatal(err)
		}
		if image := g.pool.Class[class][a.Index]; image != g.origins[row] || math.Abs(a.Fit-fit) > 1e-5 || math.Abs(a.Complexity-c) > 1e-4*c || choice.Top != nil {
			t.Errorf("row %d: anchor %+v of image %d, want %d with fit %g, complexity %g", row, a, image, g.origins[row], fit, c)
		}
	}
	g.origins[3] = 0 // an image of class 0, as in a checkpoint of other data
	if _, err := g.Judge(); err == nil {
		t.Error("a patch of another class is no error")
	}
}
