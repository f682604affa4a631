package distill

import (
	"context"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/recipe"
)

// beginning keeps the images of every group before its first step, and ends the run there.
type beginning struct {
	unobserved
	pixels map[int][]float32
}

func (b *beginning) Begin(g *Group) error {
	if g.Step() > 0 {
		return nil
	}
	pixels, err := g.Pixels()
	b.pixels[g.First()] = pixels
	return err
}

// The starting images made again are those that a run starts from, class by class, whatever the selector and the groups.
func TestStartingImagesAreThoseOfTheRun(t *testing.T) {
	for _, change := range []func(*recipe.Recipe){
		func(r *recipe.Recipe) {},
		func(r *recipe.Recipe) { r.Init.Selector, r.Batch, r.Group = recipe.RDED, 2, 2 },
		func(r *recipe.Recipe) { r.Init.Start = recipe.Noise },
	} {
		job := smallJob(t)
		job.Recipe.Steps, job.Recipe.PTA.On = job.Recipe.Stages, false
		change(&job.Recipe)
		seen := &beginning{pixels: map[int][]float32{}}
		job.Observer = seen
		if _, err := Recover(context.Background(), graphtest.Device(t), job); err != nil {
			t.Fatal(err)
		}
		got, err := Starting(context.Background(), graphtest.Device(t), job)
		if err != nil {
			t.Fatal(err)
		}
		each, ipc := got.Size*got.Size*3, job.Recipe.IPC
		for first, pixels := range seen.pixels {
			count := len(pixels) / each / ipc
			for row := range ipc * count {
				i, c := row/count, first+row%count
				if !slices.Equal(got.Pixels[(c*ipc+i)*each:][:each], pixels[row*each:][:each]) {
					t.Errorf("start %s, selector %s: image %d of class %d is another one than the run's", job.Recipe.Init.Start, job.Recipe.Init.Selector, i, c)
				}
			}
		}
		if got.Classes != 3 || len(got.Pixels) != 3*ipc*each {
			t.Errorf("%d classes, %d numbers", got.Classes, len(got.Pixels))
		}
	}
}
