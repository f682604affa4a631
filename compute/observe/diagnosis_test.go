package observe

import (
	"context"
	"math"
	"slices"
	"testing"

	"reta/compute/distill"
	"reta/compute/graph/graphtest"
	"reta/shared/event"
	"reta/shared/recipe"
)

// Every recipe emits the shape of every class at every stage's end, and where anchors were mixed in, what that did.
func TestEveryRecipeIsDiagnosed(t *testing.T) {
	for _, name := range recipe.Names() {
		t.Run(name, func(t *testing.T) {
			job := smallJob(t)
			c, err := recipe.New(name, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
			if err != nil {
				t.Fatal(err)
			}
			c.IPC, c.Steps, c.PTA.K, c.Jitter, c.Batch, c.Group = 4, min(c.Steps, 8), 3, 2, 2, 2 // groups of two classes and of one
			groups := []int{0, 2}                                                                // by first classes
			if c.Match.By != recipe.ByTeachers {
				groups, c.Group, job.Cache = []int{0}, 3, t.TempDir()
				m := &c.Match
				m.Network, m.Experts, m.Epochs, m.Start, m.Ahead, m.Inner, m.Real, m.Trained = "convnet3-w32", 1, 2, 1, 2, 2, 4, 16
			}
			if c.Batching == recipe.ByClass {
				c.Batch = c.IPC // whole classes
			}
			job.Recipe = c
			for len(job.Teachers) < c.Teachers() {
				job.Teachers = append(job.Teachers, job.Teachers[0])
			}
			var shapes []event.Diagnosis
			var ends []event.StageEnd
			var starts []int // first classes of the groups
			lists := 0
			deltas := map[[2]int]float64{} // by stage and class, from the pictures
			watch(&job, Options{Emit: func(e event.Event) {
				switch e := e.(type) {
				case event.Diagnosis:
					shapes = append(shapes, e)
				case event.Start:
					starts = append(starts, e.Shape.First)
				case event.StageEnd:
					ends = append(ends, e)
				case event.Retrieval:
					lists++
					for _, list := range e.Candidates {
						if len(e.Candidates) != 4 || len(list) < c.DRC.TopM || list[0].ID == "" || list[0].Score > list[1].Score || !(list[0].Complexity > 0) {
							t.Errorf("stage %d, class %d: candidates %+v", e.Stage, e.Class, list)
						}
					}
				case event.Residual:
					deltas[[2]int{e.Stage, e.Class}] = pictureGap(job, e)
				}
			}})
			if _, err := distill.Recover(context.Background(), graphtest.Device(t), job); err != nil {
				t.Fatal(err)
			}
			if len(shapes) != len(groups)*c.Stages || len(ends) != len(shapes) {
				t.Fatalf("%d diagnoses and %d stage ends, want %d", len(shapes), len(ends), len(groups)*c.Stages)
			}
			if !slices.Equal(starts, groups) {
				t.Errorf("starts of the groups from %v, want %v", starts, groups)
			}
			want := 0
			if c.Connection == recipe.Retrieval {
				want = 3 * (c.Stages - 1)
			}
			if lists != want {
				t.Errorf("candidates told %d times, want %d", lists, want)
			}
			for i, d := range shapes {
				first := groups[i/c.Stages]
				if want := min(c.Group, 3-first); len(d.Classes) != want || d.First != first || d.Stage != i%c.Stages || d.Step != c.Stage(d.Stage).End {
					t.Fatalf("diagnosis %d is of stage %d, step %d, classes from %d: %d", i, d.Stage, d.Step, d.First, len(d.Classes))
				}
				if end := ends[i]; d.Terms.CE != end.CE || (d.Terms.Topo > 0) != (c.PTA.On && end.Topo > 0) {
					t.Errorf("stage %d: terms %+v at CE %g, L_topo %g", d.Stage, d.Terms, end.CE, end.Topo)
				}
				kappa := 0.0
				for j, s := range d.Classes {
					kappa += float64(s.Kappa[0]+d.Gamma*s.Kappa[1]) / float64(len(d.Classes))
					if !(s.Kappa[0] >= 0 && s.Kappa[1] >= 0 && s.SpreadBefore > 0) || s.Points != 4 || s.Idle != "" {
						t.Errorf("stage %d, class %d: %+v", d.Stage, d.First+j, s)
					}
					if (s.Fit > 0) != c.Connects(d.Stage) || (s.Complexity > 0) != c.Connects(d.Stage) {
						t.Errorf("stage %d, class %d: fit %g and complexity %g of the anchors", d.Stage, d.First+j, s.Fit, s.Complexity)
					}
					want, connected := deltas[[2]int{d.Stage, d.First + j}]
					if connected != c.Connects(d.Stage) || connected != (s.SpreadAfter > 0) ||
						!(math.Abs(float64(s.Delta)-want) <= 0.02*want) {
						t.Errorf("stage %d, class %d: fit gap %g and spread %g after, by the pictures %g", d.Stage, d.First+j, s.Delta, s.SpreadAfter, want)
					}
				}
				if math.Abs(kappa-float64(ends[i].KappaMean)) > 1e-5 {
					t.Errorf("stage %d: kappa %g on average, the stage's end says %g", d.Stage, kappa, ends[i].KappaMean)
				}
			}
		})
	}
}

// pictureGap is the mean |x - o|^2 of a residual connection, from the bytes shown.
func pictureGap(job distill.Job, e event.Residual) float64 {
	sum := 0.0
	for i := range e.Before {
		d := (float64(e.Before[i]) - float64(e.Anchor[i])) / 255 / job.Data.Std[i%3]
		sum += d * d
	}
	return sum / float64(e.Len())
}
