package distill

import (
	"context"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/recipe"
)

// matchedJob is a small job of a recipe in which training moves the images.
func matchedJob(t *testing.T, name string) Job {
	t.Helper()
	job := smallJob(t)
	r, err := recipe.New(name, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	job.Recipe = smallMatch(r)
	job.Recipe.IPC, job.Recipe.Steps = 2, 8
	return job
}

// smallMatch makes the training of a recipe a matter of seconds.
func smallMatch(r recipe.Recipe) recipe.Recipe {
	m := &r.Match
	m.Network, m.Experts, m.Epochs, m.Batch, m.Start, m.Ahead, m.Inner, m.Images = "convnet3-w32", 1, 3, 16, 2, 2, 3, 4
	m.Real, m.Renew, m.Trained = 8, 5, 16
	return r
}

// Images that training moves come from real ones and stay in their range.
func TestTrainingMovesImages(t *testing.T) {
	dev := graphtest.Device(t)
	for _, name := range []string{"mtt", "idc"} {
		t.Run(name, func(t *testing.T) {
			job := matchedJob(t, name)
			job.Cache = t.TempDir()
			seen := watchJob(&job)
			out, err := Recover(context.Background(), dev, job)
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range seen.steps {
				if s.Index != i || !(s.Total > 0) || s.Term("match") != s.Total {
					t.Errorf("step %d: %+v, want a loss", i, s)
				}
			}
			if slices.Equal(out.Pixels, started(t, job)) {
				t.Error("the images are those that it started from")
			}
			for i, v := range out.Pixels {
				if x := float64(v)*job.Data.Std[i%3] + job.Data.Mean[i%3]; !(x >= -1e-6 && x <= 1+1e-6) {
					t.Fatalf("pixel %d is %g, want it in [0,1]", i, x)
				}
			}
			if err := Fits(context.Background(), dev, job); err != nil {
				t.Errorf("fits: %v", err)
			}
		})
	}
}
