package run

import (
	"math"
	"slices"
	"testing"

	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/shared/event"
)

// After a step there are the images of some classes, with labels among these, and outputs of a teacher of all for them.
func TestClassesSoFar(t *testing.T) {
	e := Incremental{Steps: 2, Orders: 1, Evaluating: Evaluating{Dir: "dir", SetHash: "hash", Images: modelstest.Stripes(9, 16, 3), Emit: func(event.Event) {}, Stores: []string{"of all"},
		Set: train.Data{Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Test: modelstest.Stripes(21, 16, 2), Classes: 3, Size: 16, Index: []int{4, 5, 6}, Full: 7,
			Labels: []models.Class{{ID: "a"}, {ID: "b"}, {ID: "c"}}}}}
	sub, err := e.among([]int{0, 2})
	if err != nil {
		t.Fatal(err)
	}
	if d := sub.Set; d.Classes != 2 || d.Train.Len() != 36 || d.Test.Len() != 14 || sub.Images.Len() != 6 || !slices.Equal(d.Index, []int{4, 6}) || d.Labels[1].ID != "c" || len(sub.Stores) > 0 {
		t.Errorf("%+v: want two of three classes", d)
	}
	got, want := make([]byte, 16*16*3), make([]byte, 16*16*3)
	for i, n := 0, 0; i < e.Images.Len(); i++ {
		c := e.Images.Label(i)
		if c == 1 {
			continue
		}
		if sub.Images.Label(n) != c/2 || sub.Images.ID(n) != e.Images.ID(i) {
			t.Errorf("image %d of class %d became image %d of class %d", i, c, n, sub.Images.Label(n))
		}
		if err := e.Images.Batch([]int{i}, want); err != nil {
			t.Fatal(err)
		}
		if err := sub.Images.Batch([]int{n}, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("image %d has other pixels, %v", n, err)
		}
		n++
	}
	outputs, err := sub.Set.Outputs(&models.Model{Spec: models.Spec{Classes: 7}})
	if err != nil || !slices.Equal(outputs, []uint32{4, 6}) {
		t.Errorf("outputs of a teacher of all classes %v, %v: want those of the classes so far", outputs, err)
	}
	e.Memory = 5
	less, err := e.among([]int{0, 2})
	if err != nil || less.Images.Len() != 4 || less.Dir == sub.Dir {
		t.Errorf("a memory of 5 holds %d images of two classes, %v: want 4, and a folder of its own", less.Images.Len(), err)
	}
	if other, err := e.among([]int{0, 1}); err != nil || other.SetHash == less.SetHash || other.Dir == less.Dir {
		t.Errorf("other classes have the same hash or folder, %v", err)
	}
	e.Memory = 1
	if _, err := e.among([]int{0, 2}); err == nil {
		t.Error("a memory of one image for two classes is accepted")
	}
}

func TestIncrementalRows(t *testing.T) {
	step := func(count int, runs ...float64) *Evaluation {
		return &Evaluation{Rows: []EvaluationRow{{Images: event.Random, Labels: event.HardLabels, Student: "s", Count: count, Runs: runs}}}
	}
	r := &IncrementalResult{Classes: []int{5, 10}, Seeds: 2}
	r.rows([][]*Evaluation{{step(50, 1, .5), step(100, .5, .25)}, {step(50, .75, .75), step(100, .5, .25)}})
	if len(r.Rows) != 1 || len(r.Rows[0].Runs) != 4 {
		t.Fatalf("%+v: want a row of four trainings", r.Rows)
	}
	row := r.Rows[0]
	if !slices.Equal(row.Count, []int{50, 100}) || row.Steps[0].Top1 != .75 || row.Final.Top1 != .375 || row.Average.Top1 != .5625 {
		t.Errorf("%+v: want 0.75, 0.375 and 0.5625", row)
	}
	averages := []float64{.75, .375, .625, .5} // mean 0.5625
	sum := 0.0
	for _, a := range averages {
		sum += (a - .5625) * (a - .5625)
	}
	if want := math.Sqrt(sum/3) / 2; math.Abs(*row.Average.SE-want) > 1e-12 {
		t.Errorf("standard error of the average %g, want %g", *row.Average.SE, want)
	}
}

// An order of which a step could not be made, for want of images of a class, is left out.
func TestIncrementalRowsOfAnOrderThatLacksAStep(t *testing.T) {
	step := func(rows ...EvaluationRow) *Evaluation { return &Evaluation{Rows: rows} }
	row := func(count int, top1 float64) EvaluationRow {
		return EvaluationRow{Images: event.Random, Labels: event.HardLabels, Student: "s", Count: count, Runs: []float64{top1}}
	}
	r := &IncrementalResult{Classes: []int{5, 10}, Seeds: 1}
	r.rows([][]*Evaluation{{step(row(50, 1)), step()}, {step(row(50, .75)), step(row(90, .5))}})
	if len(r.Rows) != 1 || len(r.Rows[0].Runs) != 1 || !slices.Equal(r.Rows[0].Count, []int{50, 90}) || r.Rows[0].Final.Top1 != .5 {
		t.Errorf("%+v: want the second order's", r.Rows)
	}
}
