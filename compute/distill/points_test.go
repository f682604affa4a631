package distill

import (
	"context"
	"math"
	"reta/shared/recipe"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/event"
)

// Features as they are, and with length 1, are the same directions; real and synthetic points follow the same rule.
func TestPointsOfEitherLength(t *testing.T) {
	job := smallJob(t)
	job.Emit = func(event.Event) {}
	job.Recipe.PTA.Normalize = false
	g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, count: 3}
	defer g.close()
	if err := firstError(g.r.openPool(), g.start()); err != nil {
		t.Fatal(err)
	}
	width := g.r.pool.width
	unit, _, err := g.look(g.allRows())
	if err != nil {
		t.Fatal(err)
	}
	phi, err := g.lookAtPoints(g.allRows())
	if err != nil {
		t.Fatal(err)
	}
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
	// a real image seen by the looker has the phi that the pool tells
	if err := g.canvas.pixels.Write(wholePixels(t, job, g.r.pool.class[0][0], g.canvas.rows)); err != nil {
		t.Fatal(err)
	}
	if phi, err = g.lookAtPoints([]uint32{0}); err != nil {
		t.Fatal(err)
	}
	if want, got := float64(g.r.pool.lengthsOf(0)[0]), float64(length(phi)); math.Abs(got-want) > 1e-4*want {
		t.Errorf("a real image's feature has length %g, the pool says %g", got, want)
	}
	cloud, err := g.realPoints(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	first := g.drawn(0, 0)[0]
	if got, want := float64(length(float32s(cloud.Row(0)))), float64(g.r.pool.lengthsOf(0)[first]); math.Abs(got-want) > 1e-5*want {
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
	g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, count: 3}
	defer g.close()
	if err := firstError(g.r.openPool(), g.start()); err != nil {
		t.Fatal(err)
	}
	class := g.r.pool.class[1]
	for row := 1; row < len(g.anchored); row += 3 {
		g.anchored[row] = class[[]int{7, 3, 7, 11}[row/3]]
	}
	by := g.drawn(1, 2)
	g.r.Recipe.PTA.WithAnchors = true
	got := g.drawn(1, 2)
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

// The pull of a step's topology counts once for each of its batches.
func TestTopologyCountsPerBatch(t *testing.T) {
	g, _ := pulled(t)
	hyper := nn.Hyper{LR: 0, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1)
	moment := func(perBatch bool) float64 {
		g.r.Recipe.PTA.Weighting = recipe.PerClass
		if perBatch {
			g.r.Recipe.PTA.Weighting = recipe.PerBatch
		}
		zero := make([]float32, g.canvas.m.Shape().Size())
		if err := firstError(g.canvas.m.Write(zero), g.aim()); err != nil {
			t.Fatal(err)
		}
		if _, err := g.align(hyper); err != nil {
			t.Fatal(err)
		}
		m, err := g.canvas.m.Read()
		if err != nil {
			t.Fatal(err)
		}
		return float64(length(m))
	}
	one, all := moment(false), moment(true)
	if want := one * float64(g.r.Recipe.IPC); one == 0 || math.Abs(all-want) > 1e-4*want {
		t.Errorf("the pull is %g long, once it is %g: want %d times that", all, one, g.r.Recipe.IPC)
	}
}
