package distill

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// Features as they are, and with length 1, are the same directions; real and synthetic points follow the same rule.
func TestPointsOfEitherLength(t *testing.T) {
	job := smallJob(t)
	job.Emit = func(event.Event) {}
	job.Recipe.PTA.Normalize = false
	g := openGroup(t, job, 0, 3)
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	width := g.pool.Width
	f, err := g.AllFeatures()
	if err != nil {
		t.Fatal(err)
	}
	unit, phi := f.Unit, f.Points
	for row := 0; row < len(phi); row += width {
		l := float64(length(phi[row:][:width]))
		if math.Abs(l-1) < 0.01 {
			t.Fatalf("a feature of length %g is no test", l)
		}
		for i := row; i < row+width; i++ {
			if math.Abs(float64(phi[i])-l*float64(unit[i])) > 1e-5*l {
				t.Fatalf("number %d is %g, want %g times %g", i, phi[i], l, unit[i])
			}
		}
	}
	// a real image seen by the extractor has the phi that the pool tells
	if err := g.images.pixels.Write(wholePixels(t, job, g.pool.Class[0][0], g.images.rows)); err != nil {
		t.Fatal(err)
	}
	if f, err = g.Features([]uint32{0}); err != nil {
		t.Fatal(err)
	}
	phi = f.Points
	if want, got := float64(g.pool.Lengths(0)[0]), float64(length(phi)); math.Abs(got-want) > 1e-4*want {
		t.Errorf("a real image's feature has length %g, the pool says %g", got, want)
	}
	cloud, err := g.realPoints(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	first := g.Drawn(0, 0)[0]
	if got, want := float64(length(float32s(cloud.Row(0)))), float64(g.pool.Lengths(0)[first]); math.Abs(got-want) > 1e-5*want {
		t.Errorf("a real point has length %g, want %g", got, want)
	}
}

// wholePixels fills n rows with one training image.
func wholePixels(t *testing.T, job Job, image, n int) []float32 {
	t.Helper()
	rgb := make([]byte, job.Data.Size*job.Data.Size*3)
	if err := job.Data.Train.Batch([]int{image}, rgb); err != nil {
		t.Fatal(err)
	}
	pixels := make([]float32, len(rgb))
	for i, b := range rgb {
		pixels[i] = float32((float64(b)/255 - job.Data.Mean[i%3]) / job.Data.Std[i%3])
	}
	return slices.Repeat(pixels, n)
}

func float32s(v []float64) []float32 {
	to := make([]float32, len(v))
	for i, x := range v {
		to[i] = float32(x)
	}
	return to
}

// With anchors the images' present anchors come first in every real draw, each once, the rest by chance as without.
func TestRealDrawWithAnchors(t *testing.T) {
	job := smallJob(t)
	job.Emit = func(event.Event) {}
	g := openGroup(t, job, 0, 3)
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	class := g.pool.Class[1]
	for row := 1; row < len(g.anchors); row += 3 {
		g.anchors[row] = class[[]int{7, 3, 7, 11}[row/3]]
	}
	by := g.Drawn(1, 2)
	g.Recipe.PTA.WithAnchors = true
	got := g.Drawn(1, 2)
	first := slices.Sorted(slices.Values(got[:3]))
	rest := slices.DeleteFunc(slices.Clone(by), func(k int) bool { return slices.Contains(first, k) })
	if !slices.Equal(first, []int{3, 7, 11}) || !slices.Equal(got[3:], rest) {
		t.Errorf("drawn %v, want 3, 7 and 11 before %v", got, rest)
	}
	if slices.Equal(got, by) {
		t.Error("anchors came first by chance: no test")
	}
}

// The anchors that a real draw begins with survive a checkpoint.
func TestAnchorsAreKept(t *testing.T) {
	job := smallJob(t)
	job.Recipe.PTA.WithAnchors, job.Recipe.Steps, job.Dir = true, 8, t.TempDir()
	whole := job
	whole.Dir = ""
	want, err := Recover(context.Background(), graphtest.Device(t), whole)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	job.Gate = func(context.Context, func() error) error {
		if steps++; steps == 4 { // in the second stage, whose draw has the anchors of the first
			return ErrStop
		}
		return nil
	}
	if _, err := Recover(context.Background(), graphtest.Device(t), job); err == nil {
		t.Fatal("the run did not stop")
	}
	got, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Pixels, want.Pixels) {
		t.Error("pixels differ from those of a run that was never stopped")
	}
}

// What L_topo is multiplied by: the weightings of recipe.Weighting for three classes of ten points in batches of two.
func TestTopologyWeights(t *testing.T) {
	g, _ := pulled(t)
	g.target.Targets[2].Inactive = topology.NoLength
	g.Recipe.Batch = 2
	for weighting, want := range map[recipe.Weighting]float64{
		recipe.PerImage: 0.5 * 10 / 2, recipe.PerBatch: 0.5 * 10 / 2, recipe.PerClass: 0.5 / 2, recipe.Sum: 0.5,
	} {
		g.Recipe.PTA.Weighting = weighting
		if got := g.TopologyWeights(g.target); len(got) != 3 || got[0] != want || got[1] != want {
			t.Errorf("%s: weights %v, want %g", weighting, got, want)
		}
	}
	g.Recipe.PTA.Weighting, g.Recipe.Batch = recipe.PerImage, 3
	if got, want := g.TopologyWeights(g.target)[0], 0.5*10/3; got != want { // B, not the active classes
		t.Errorf("batches of three: weight %g, want %g", got, want)
	}
}
