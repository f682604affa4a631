package distill

import (
	"math"
	"slices"
	"sort"
	"testing"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// An image of factor 2 is four crops side by side: of the best crop of every image the 4 IPC with the least cross-entropy as
// the teacher sees them in the middle of a black image, the IPC best in the first cell.
func TestStitchedPatches(t *testing.T) {
	job := smallJob(t)
	job.Recipe.PTA.On = false
	job.Recipe.Init = recipe.Init{Start: recipe.Patch, Selector: recipe.RDED, Difficulty: recipe.Easy, Images: 300, Least: 300, PerImage: 5, Crops: 5, Factor: 2, Area: [2]float64{0.08, 1}}
	job.Recipe.IPC, job.Recipe.Connection = 3, recipe.None
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	first, err := g.parts.start.Images(g, 16)
	if err != nil {
		t.Fatal(err)
	}
	// The same choice, of crops that are put in the middle one by one on the host and seen whole.
	e, err := newEmbedder(g.dev, g.Teachers[0], g.Data, embedBatch, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.pass.Close()
	const class, side = 1, 8
	ranked, err := g.cropsOf(e, class)
	if err != nil {
		t.Fatal(err)
	}
	if len(ranked) != 18 {
		t.Fatalf("%d patches of 18 images, want the best of each", len(ranked))
	}
	sort.SliceStable(ranked, func(i, j int) bool { return ranked[i].ce < ranked[j].ce })
	pixels, err := cutPatches(g.ctx, g.dev, g.Data, ranked[:12], side)
	if err != nil {
		t.Fatal(err)
	}
	order := nn.NewDraws(job.Recipe.Seed, streamPatch, class, 1).Perm(3)
	for image := range 3 {
		row := image*3 + class
		if got := first.Origins[row]; got != ranked[order[image]].image {
			t.Errorf("image %d starts from training image %d, want %d", image, got, ranked[order[image]].image)
		}
		for y := range 16 {
			for x := range 16 {
				cell, rank := y/side*2+x/side, order[image]
				at := ((cell*3+rank)*side+y%side)*side + x%side
				for channel := range 3 {
					got, want := first.Pixels[((row*16+y)*16+x)*3+channel], pixels[at*3+channel]
					if got != want {
						t.Fatalf("image %d, pixel %d,%d: %g, want %g of patch %d", image, y, x, got, want, cell*3+rank)
					}
				}
			}
		}
	}
	// What the teacher judged is the crop in the middle of an image of zeros.
	whole, err := newEmbedder(g.dev, g.Teachers[0], g.Data, embedBatch, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.pass.Close()
	same := slices.Clone(ranked[:4])
	if err := whole.score(g.ctx, same); err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, p := range same {
		if math.Abs(float64(p.ce-ranked[i].ce)) > 1e-4 {
			differ++
		}
	}
	if differ == 0 {
		t.Error("crops in the middle are judged as whole images are")
	}
}
