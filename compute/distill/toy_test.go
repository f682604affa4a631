package distill

import (
	"context"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/recipe"
)

// A recipe of its own, in one file: noise is drawn to confident predictions and small pixels, and is halved at a stage's end.
func init() {
	recipe.RegisterOption("losses", "toy", "mean square of the pixels")
	recipe.RegisterOption("connection", "toy", "halves the images")
	RegisterLoss("toy", smallPixels{})
	RegisterStageEnd("toy", func(*Group) StageEnd { return &halved{} })
	recipe.Register("toy", func(d recipe.Dataset) recipe.Recipe {
		r, _ := recipe.New("sre2l", d)
		r.Losses, r.Connection = []string{"ce", "toy"}, "toy"
		r.Steps, r.Flip, r.Jitter, r.Crop = 12, 0, 0, recipe.Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}}
		return r.WithStages(2, d)
	})
}

type smallPixels struct{}

func (smallPixels) Term(v View) *graph.Node {
	flat := graph.Reshape(nn.Mul(v.Images, v.Images), v.Images.Size())
	return nn.Mean(flat)
}

func (smallPixels) Weight(recipe.Recipe) float64 { return 0.5 }

type halved struct{ resize }

func (halved) Blend(g *Group, next int) (*Blend, error) {
	b, err := resize{}.Blend(g, next)
	for i := range b.After {
		b.After[i] /= 2
	}
	return b, err
}

func TestToyRecipe(t *testing.T) {
	job := smallJob(t)
	var err error
	if job.Recipe, err = recipe.New("toy", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}); err != nil {
		t.Fatal(err)
	}
	job.Recipe.IPC = 2
	seen := watchJob(&job)
	if _, err := Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	first, last := seen.steps[0], seen.steps[len(seen.steps)-1]
	if !(last.Term("toy") < first.Term("toy")) || !(last.Term("ce") < first.Term("ce")) || first.Term("bn") != 0 {
		t.Errorf("the terms go from %+v to %+v, want both less", first.Terms, last.Terms)
	}
	if ends := seen.blends; len(ends) != 2 || !(seen.steps[6].Term("toy") < 0.5*seen.steps[5].Term("toy")) {
		t.Errorf("%d stage ends; the mean square goes from %g to %g between stages, want about a quarter", len(ends), seen.steps[5].Term("toy"), seen.steps[6].Term("toy"))
	}
}
