package distill

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/recipe"
	"reta/shared/testdata"
)

// eighths are pixels, features or the like from -1/8 to 1/8.
func eighths(seed uint64, n int) []float32 {
	v := make([]float32, n)
	for i, u := range modelstest.Uniform(seed, n) {
		v[i] = float32((2*u - 1) / 8)
	}
	return v
}

// formulaJob is a recipe for two images of each of three classes at 16 px, with images and weights by the formulas of
// testdata/README.md.
func formulaJob(t *testing.T, name string) Job {
	t.Helper()
	c, err := recipe.New(name, recipe.Dataset{Name: recipe.CIFAR100, Classes: 3, Size: 16, IPC: 2})
	if err != nil {
		t.Fatal(err)
	}
	c.IPC, c.Batch, c.Stats.Drop = 2, 3, 0 // no convolution is left out
	if c.Batching == recipe.ByClass {
		c.Batch = 6
	}
	teacher, err := models.New(graphtest.Device(t), "resnet8", models.Spec{Classes: 3, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(teacher.Free)
	modelstest.FillByName(t, teacher)
	const real, each = 12, 16 * 16 * 3
	images := &modelstest.Images{}
	u := modelstest.Uniform(7, real*each)
	for i := range real {
		rgb := make([]byte, each)
		for k := range rgb {
			rgb[k] = byte(256 * u[i*each+k])
		}
		images.Add(byte(i/4), rgb)
	}
	teachers := []*models.Model{teacher, teacher}[:max(1, c.Teachers())] // one that takes several has each one's loss by itself
	job := Job{Recipe: c, Teachers: teachers, Data: train.Data{
		Name: "formula", Train: images, Test: images, Classes: 3, Size: 16, Mean: [3]float64{0.5, 0.45, 0.4}, Std: [3]float64{0.25, 0.2, 0.3},
	}}
	watchJob(&job)
	return job
}

// What is given to losses in the place of what they choose or compute first, for which there are tests of its own.
func give(t *testing.T, g *Group, l Loss) {
	t.Helper()
	var err error
	switch l := l.(type) {
	case *mosaic:
		if l.real, err = graph.NewVariable(g.dev, "real images of cells", graph.F32, false, 24, 16, 16, 3); err == nil {
			err = l.real.Write(eighths(13, 24*16*16*3))
		}
	case *barycentre:
		points := eighths(17, 6*64) // class by class
		l.points = [][]float32{points[:128], points[128:256], points[256:]}
	}
	if keeper, keeps := l.(Keeper); keeps && err == nil {
		err = keeper.Begin(context.Background(), g, 16)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The loss of one batch is that of the published formula, which testdata/make_losses.py has in PyTorch, term by term and with its weights.
// The bilevel recipes' are in compute/match; rded has none.
func TestLossesAreAsPublished(t *testing.T) {
	text, err := os.ReadFile(testdata.Repository(t, "compute", "distill", "testdata", "losses.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range recipe.Names() {
		r, err := recipe.New(name, recipe.Dataset{Name: recipe.CIFAR100, Classes: 3, Size: 16})
		if err != nil {
			t.Fatal(err)
		}
		if there := want[name] != nil; there != (r.Match.By == recipe.ByTeachers && name != "rded" && name != "toy") {
			t.Errorf("%s: its loss in PyTorch is there: %t", name, there)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		t.Run(name, func(t *testing.T) {
			job := formulaJob(t, name)
			g := openGroup(t, job, 0, 3)
			if name == "cim" {
				if err := g.start(); err != nil { // the loss asks how many images there are
					t.Fatal(err)
				}
			}
			b := g.batches(0)[0]
			same, step := nn.Siamese{Saturation: 1, Contrast: 1, Scale: [2]float64{1, 1}}.Append(nil), 0
			for !slices.Equal(siamese(b.draws(g.Recipe.Seed, streamDSA, step), 1, 16), same) {
				step++
			}
			total := 0.0
			for i, term := range g.Recipe.Losses {
				l := g.parts.losses[i]
				give(t, g, l)
				got := view(t, g, l).at(t, eighths(11, len(b.Rows)*16*16*3), step)
				total += got * l.Weight(g.Recipe)
				if w := want[name][term]; !(math.Abs(got-w) <= 1e-4*w) {
					t.Errorf("%s is %.7g, PyTorch has %.7g", term, got, w)
				}
			}
			if w := want[name]["total"]; !(math.Abs(total-w) <= 1e-4*w) {
				t.Errorf("the loss is %.7g, PyTorch has %.7g", total, w)
			}
		})
	}
}
