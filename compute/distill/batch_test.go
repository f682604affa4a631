package distill

import (
	"context"
	"errors"
	"slices"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/train/traintest"
	"reta/shared/recipe"
)

// Batches are of one image of each class, or of whole classes one behind the other; with rounds those images pass that have
// entered, and a batch keeps its number and its random numbers.
func TestBatches(t *testing.T) {
	job := smallJob(t)
	job.Recipe.PTA.On = false
	job.Recipe.IPC, job.Recipe.Batch = 4, 2
	rows := func(step int) (list [][]uint32, numbers []int) {
		g := openGroup(t, job, 0, 3)
		for _, b := range g.batches(step) {
			list, numbers = append(list, b.Rows), append(numbers, b.Number)
			for i, row := range b.Rows {
				if b.Classes[i] != int(row)%3 {
					t.Errorf("row %d is of class %d, want %d", row, b.Classes[i], row%3)
				}
			}
		}
		return list, numbers
	}
	equal := func(what string, got, want [][]uint32) {
		t.Helper()
		if !slices.EqualFunc(got, want, slices.Equal[[]uint32]) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	list, _ := rows(0)
	equal("across classes", list, [][]uint32{{0, 1}, {2}, {3, 4}, {5}, {6, 7}, {8}, {9, 10}, {11}})
	job.Recipe.Batch, job.Recipe.Batching = 5, recipe.ByClass
	list, _ = rows(0)
	equal("by class", list, [][]uint32{{0, 3, 6, 9, 1}, {4, 7, 10, 2, 5}, {8, 11}})
	job.Recipe = job.Recipe.WithStages(1, recipe.Dataset{Size: 16})
	job.Recipe.Steps, job.Recipe.Rounds = 40, 4
	list, numbers := rows(9)
	equal("in the first round", list, [][]uint32{{0, 1}, {2}})
	if !slices.Equal(numbers, []int{0, 1}) {
		t.Errorf("batches %v have images in the first round, want 0 and 1", numbers)
	}
	list, _ = rows(10)
	equal("in the second round", list, [][]uint32{{0, 3, 1}, {4, 2, 5}})
	list, _ = rows(39)
	equal("in the last round", list, [][]uint32{{0, 3, 6, 9, 1}, {4, 7, 10, 2, 5}, {8, 11}})
}

// Images stay what they start as until they enter, and the early ones have moved by then.
func TestImagesEnterLate(t *testing.T) {
	job := smallJob(t)
	var err error
	if job.Recipe, err = recipe.New("delt", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}); err != nil {
		t.Fatal(err)
	}
	job.Recipe.IPC, job.Recipe.Steps, job.Recipe.Rounds = 4, 8, 4
	start := started(t, job)
	job.Gate = func(_ context.Context, show func() error) error { return show() } // no step begins before the last is made
	moved := map[int][]int{}                                                      // images of class 1 by step
	job.Observer = watcher{step: func(g *Group, s Step) error {
		now, err := g.Pixels()
		each := 16 * 16 * 3
		for image := range 4 {
			row, of := image*3+1, (4+image)*each
			if !slices.Equal(now[row*each:(row+1)*each], start[of:of+each]) {
				moved[s.Index] = append(moved[s.Index], image)
			}
		}
		return err
	}}
	if _, err := Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	for step, want := range map[int][]int{0: {0}, 1: {0}, 2: {0, 1}, 5: {0, 1, 2}, 6: {0, 1, 2, 3}} {
		if !slices.Equal(moved[step], want) {
			t.Errorf("after step %d images %v have moved, want %v", step, moved[step], want)
		}
	}
}

// watcher looks at every step.
type watcher struct {
	unobserved
	step func(*Group, Step) error
}

func (w watcher) Step(g *Group, s Step) error { return w.step(g, s) }

// Every recipe that makes steps ends at the same bits when it is stopped and continued twice, with every part's state.
func TestEveryRecipeResumesToTheSameBits(t *testing.T) {
	for _, name := range recipe.Names() {
		t.Run(name, func(t *testing.T) {
			job := smallJob(t)
			c, err := recipe.New(name, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
			if err != nil {
				t.Fatal(err)
			}
			if c.IPC, c.Steps, c.Jitter = 2, min(c.Steps, 8), 2; c.Steps == 0 {
				return
			}
			job.Cache = t.TempDir()
			job.Recipe, job.Teachers = smallMatch(c), append(job.Teachers, traintest.Teacher(t, 2))
			want, err := Recover(context.Background(), graphtest.Device(t), job)
			if err != nil {
				t.Fatal(err)
			}
			job.Dir = t.TempDir()
			for _, after := range []int{3, 2} {
				steps := 0
				job.Gate = func(context.Context, func() error) error {
					if steps++; steps > after {
						return ErrStop
					}
					return nil
				}
				if _, err := Recover(context.Background(), graphtest.Device(t), job); !errors.Is(err, ErrStop) {
					t.Fatalf("stopped after %d steps: %v", after, err)
				}
			}
			job.Gate = nil
			got, err := Recover(context.Background(), graphtest.Device(t), job)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Pixels, want.Pixels) {
				t.Error("pixels differ from those of a run that was never stopped")
			}
		})
	}
}
