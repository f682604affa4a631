package observe

import (
	"context"
	"slices"
	"testing"

	"reta/compute/distill"
	"reta/compute/graph/graphtest"
	"reta/shared/event"
	"reta/shared/recipe"
)

// A run shows every class before its first step and at every stage's end, on two maps that say how far they can be
// trusted, with the anchors of the last connection from then on, and thumbnails that give a thumbnail to every real point and
// every candidate.
func TestEveryClassIsShown(t *testing.T) {
	for _, connection := range []recipe.Anchor{recipe.Retrieval, recipe.Fixed, recipe.None} {
		t.Run(string(connection), func(t *testing.T) {
			job := smallJob(t)
			job.Recipe.Steps, job.Recipe.Connection, job.Recipe.Batch, job.Recipe.Group = 8, connection, 2, 2 // groups of two classes and of one
			thumbnails := make([]map[string][]byte, 3)
			for c := range thumbnails {
				thumbnails[c] = map[string][]byte{}
			}
			shown := map[[2]int]int{} // by class and step
			blended := map[int]event.Residual{}
			var lists []event.Retrieval
			watch(&job, Options{Emit: func(e event.Event) {
				if err := event.Check(e); err != nil {
					t.Error(err)
				}
				switch e := e.(type) {
				case event.Gallery:
					for i, id := range e.IDs {
						thumbnails[e.Class][id] = e.Image(i)
						image := atoi(t, id[6:])
						if image%3 != e.Class || e.Index[i] != image/3 {
							t.Errorf("class %d: thumbnail of %s is told as image %d of it", e.Class, id, e.Index[i])
						}
					}
				case event.Residual:
					blended[e.Class] = e
				case event.Retrieval:
					lists = append(lists, e)
				case event.Cloud:
					shown[[2]int{e.Class, e.Step}]++
					checkCloud(t, e, blended)
					if want := job.Data.Train.ID(e.Class + 3*e.Real.Index[0]); e.Real.IDs[0] != want {
						t.Errorf("class %d: a point of image %d is called %s, want %s", e.Class, e.Real.Index[0], e.Real.IDs[0], want)
					}
				}
			}})
			if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
				t.Fatal(err)
			}
			for c := range 3 {
				for stage := range job.Recipe.Stages + 1 {
					step := 0
					if stage > 0 {
						step = job.Recipe.Stage(stage - 1).End
					}
					if shown[[2]int{c, step}] == 0 {
						t.Errorf("class %d is not shown at step %d", c, step)
					}
				}
			}
			for _, e := range lists {
				for i, list := range e.Candidates {
					if e.Pool != 18 || e.Scale != string(job.Recipe.DRC.Scale) || list[e.Chosen[i]].ID == "" {
						t.Errorf("class %d, image %d: %+v", e.Class, i, e)
					}
					for _, k := range list {
						if thumbnails[e.Class][k.ID] == nil {
							t.Errorf("class %d: candidate %s has no thumbnail", e.Class, k.ID)
						}
					}
				}
			}
			rgb := make([]byte, 16*16*3)
			for id, got := range thumbnails[1] {
				if err := job.Data.Train.Batch([]int{atoi(t, id[6:])}, rgb); err != nil || !slices.Equal(got, rgb) {
					t.Errorf("the thumbnail of %s is not the image (%v)", id, err)
				}
			}
		})
	}
}

func checkCloud(t *testing.T, e event.Cloud, blended map[int]event.Residual) {
	t.Helper()
	for _, s := range []event.Set{e.Real, e.Syn} {
		if s.Len() != 4 || len(s.MDS) != 8 {
			t.Errorf("step %d, class %d: %d points, %d coordinates on the second map", e.Step, e.Class, s.Len(), len(s.MDS))
		}
	}
	if e.PCA == nil || e.MDS == nil || !(e.MDS.Stress <= e.PCA.Stress+1e-3) || !(e.MDS.Kept > 0 && e.MDS.Kept <= 1) {
		t.Errorf("step %d, class %d: maps judged %+v and %+v", e.Step, e.Class, e.PCA, e.MDS)
	}
	last, ok := blended[e.Class]
	if ok != (e.Anchors != nil) {
		t.Fatalf("step %d, class %d: anchors %+v, connected %t", e.Step, e.Class, e.Anchors, ok)
	}
	if !ok {
		return
	}
	a := e.Anchors
	if !slices.Equal(a.IDs, last.AnchorID) || !slices.Equal(a.Image, last.Index) || a.Stage != last.Stage || len(a.Points) != 8 || len(a.MDS) != 8 {
		t.Errorf("step %d, class %d: anchors %+v, blended were %v", e.Step, e.Class, a, last.AnchorID)
	}
	for i, id := range a.IDs { // an anchor that is a real point too lies there
		if at := slices.Index(e.Real.IDs, id); at >= 0 {
			for d := range 2 {
				if diff := a.Points[2*i+d] - e.Real.Points[2*at+d]; diff > 1e-4 || diff < -1e-4 {
					t.Errorf("class %d: anchor %s lies at %v, as a point at %v", e.Class, id, a.Points[2*i:2*i+2], e.Real.Points[2*at:2*at+2])
				}
			}
		}
	}
}

// Beyond the budget of a run only the class that viewers look at has thumbnails.
func TestThumbnailsKeepToTheirBudget(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps = 4
	sent := map[int]int{}
	o := watch(&job, Options{
		Emit: func(e event.Event) {
			if e, ok := e.(event.Gallery); ok {
				sent[e.Class]++
			}
		},
		Shown: func() int { return 1 },
	})
	o.sent = thumbBytes
	if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
		t.Fatal(err)
	}
	if sent[0] != 0 || sent[1] == 0 || sent[2] != 0 {
		t.Errorf("thumbnails by class %v, want those of class 1 alone", sent)
	}
}

// Thumbnails of large images have at most 48 pixels a side, small ones stay.
func TestThumbnails(t *testing.T) {
	for size, want := range map[int]int{1: 1, 32: 32, 48: 48, 49: 24, 64: 32, 128: 42, 224: 44} {
		if got := thumbnail(size); got != want {
			t.Errorf("%d px become %d, want %d", size, got, want)
		}
	}
}
