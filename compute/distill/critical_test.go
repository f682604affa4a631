package distill

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
)

// nrrGroup is all classes of a run of NRR-DD on stripes, with its first images and their mask.
func nrrGroup(t *testing.T, change func(*recipe.Recipe)) *Group {
	t.Helper()
	job := smallJob(t)
	c, err := recipe.New("nrr-dd", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16, IPC: 2})
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	job.Recipe = c
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	if err := g.start(); err != nil {
		t.Fatal(err)
	}
	for _, k := range g.parts.keepers() {
		if err := k.Begin(context.Background(), g, 16); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// classMaps are the class activation maps of images [n,16,16,3] by definition (Zhou et al. 2016), in float64: the last feature
// map times the classifier's weights of the class, enlarged, from 0 to 1.
func classMaps(t *testing.T, g *Group, images []float32, classes []int) (maps [][]float64) {
	t.Helper()
	gr, teacher := graph.New(g.dev), g.Teachers[0]
	x := gr.Input("x", graph.F32, len(classes), 16, 16, 3)
	last := teacher.Forward(x, models.Eval).Map
	e, err := gr.Compile(graph.CompileOptions{Outputs: []*graph.Node{last}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := firstError(e.Set(x, images), e.Run(g.ctx)); err != nil {
		t.Fatal(err)
	}
	features, err := e.Get(last)
	if err != nil {
		t.Fatal(err)
	}
	side, width := last.Dim(1), last.Dim(3)
	if side < 2 {
		t.Fatalf("a map of %v has no places", last.Shape())
	}
	var weights []float32
	for _, v := range teacher.Variables() {
		if slices.Equal(v.Shape(), graph.Shape{3, width}) {
			if weights, err = v.Read(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, class := range classes {
		small := make([]float64, side*side)
		for at := range small {
			for k := range width {
				small[at] += float64(features[(i*side*side+at)*width+k]) * float64(weights[class*width+k])
			}
		}
		large := make([]float64, 16*16)
		for p := range large {
			large[p] = bilinear(small, side, side, 1, 16, 16, p/16, p%16, 0)
		}
		lo, hi := slices.Min(large), slices.Max(large)
		for p := range large {
			large[p] = (large[p] - lo) / (hi - lo)
		}
		maps = append(maps, large)
	}
	return maps
}

// The mask is max(0, critical - A) of the images that the run starts from, and a step's gradient is that of a recipe without it
// times the mask: where it is 0 a pixel stays as it is, bit for bit.
func TestCriticalPixelsStay(t *testing.T) {
	const threshold = 0.4
	step := func(critical float64) (g *Group, before, moment, after []float32) {
		g = nrrGroup(t, func(r *recipe.Recipe) { r.Critical = critical })
		before, err := g.Pixels()
		if err != nil {
			t.Fatal(err)
		}
		s, err := g.launch(g.Recipe.Stage(0))
		if err == nil {
			err = g.finish(s)
		}
		if err != nil {
			t.Fatal(err)
		}
		if moment, err = g.images.m.Read(); err != nil {
			t.Fatal(err)
		}
		if after, err = g.Pixels(); err != nil {
			t.Fatal(err)
		}
		return g, before, moment, after
	}
	g, before, masked, after := step(threshold)
	_, _, plain, _ := step(0)
	maps := classMaps(t, g, before, g.batchOf(rowsFrom(0, 6)).Classes)
	mask, err := g.parts.critical.mask.Read()
	if err != nil {
		t.Fatal(err)
	}
	largest := 0.0
	for _, v := range plain {
		largest = max(largest, math.Abs(float64(v)))
	}
	still, moved := 0, 0
	for i := range before {
		want := max(0, threshold-maps[i/(16*16*3)][i/3%(16*16)])
		if !(math.Abs(float64(mask[i])-want) < 1e-4) {
			t.Fatalf("number %d: the mask is %g, the formula gives %g", i, mask[i], want)
		}
		if !(math.Abs(float64(masked[i])-want*float64(plain[i])) < 1e-4*largest) {
			t.Fatalf("number %d: the moment is %g, the formula gives %g", i, masked[i], want*float64(plain[i]))
		}
		if mask[i] == 0 {
			if still++; before[i] != after[i] {
				t.Fatalf("number %d moves from %g to %g under a mask of 0", i, before[i], after[i])
			}
		} else if before[i] != after[i] {
			moved++
		}
	}
	if still == 0 || moved == 0 {
		t.Errorf("%d of %d numbers stay and %d move: want both", still, len(before), moved)
	}
}

// Of the crops of an image the one is taken with the most class activation, and of these the ones that the teacher is least sure of.
func TestCropsByActivation(t *testing.T) {
	g := nrrGroup(t, func(*recipe.Recipe) {})
	const class = 1
	e, err := newEmbedder(g.dev, g.Teachers[0], g.Data, embedBatch, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.pass.Close()
	if e.critical, err = newActivation(g.dev, g.Teachers[0], g.Data, embedBatch, 16); err != nil {
		t.Fatal(err)
	}
	defer e.critical.pass.Close()
	chosen, err := g.cropsOf(e, class)
	if err != nil {
		t.Fatal(err)
	}
	images := g.pool.Class[class]
	d, square := nn.NewDraws(g.Recipe.Seed, streamPatch, class, 0), nn.Crop{Area: g.Recipe.Init.Area, Ratio: [2]float64{1, 1}}
	order := d.Perm(len(images))
	if len(chosen) != len(images) {
		t.Fatalf("%d crops of %d images, want one of each", len(chosen), len(images))
	}
	other := 0
	for k, at := range order {
		pixels, err := cutPatches(g.ctx, g.dev, g.Data, wholeImages([]int{images[at]}, 16), 16)
		if err != nil {
			t.Fatal(err)
		}
		of, best := classMaps(t, g, pixels, []int{class})[0], 0.0
		for crop := range g.Recipe.Init.Crops {
			box := square.Draw(d, 16, 16)
			mean := 0.0
			for p, v := range of {
				if y, x := float64(p/16), float64(p%16); y >= box.Top && y < box.Top+box.Height && x >= box.Left && x < box.Left+box.Width {
					mean += v / (box.Height * box.Width)
				}
			}
			if mean > best && crop > 0 {
				other++
			}
			best = max(best, mean)
		}
		if got := chosen[k]; got.image != images[at] || !(math.Abs(float64(got.activation)-best) < 1e-4) {
			t.Errorf("image %d: a crop of image %d with activation %g, want %g", images[at], got.image, got.activation, best)
		}
	}
	if other == 0 {
		t.Error("the first crop is always the best: the draws leave nothing to choose")
	}
	slices.SortStableFunc(chosen, func(a, b patch) int { return int(math.Copysign(1, float64(b.ce-a.ce))) })
	hardest := imagesOf(chosen[:2])
	for _, row := range g.classRows(class, 2) {
		if !slices.Contains(hardest, g.origins[row]) {
			t.Errorf("an image starts from training image %d, want one of %v, the hardest", g.origins[row], hardest)
		}
	}
}
