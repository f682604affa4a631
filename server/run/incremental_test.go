package run

import (
	"math"
	"slices"
	"testing"

	"reta/compute/evaluate"
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

// outcomeOf is an outcome of a student on random images.
func outcomeOf(seed, count int, top1 float64, answers ...int) evaluate.Outcome {
	return evaluate.Outcome{Images: event.Random, Labels: event.HardLabels, Student: "s", Seed: seed, Count: count, Curve: []evaluate.Point{{Epoch: 1, Tested: true, Top1: top1}}, Answers: answers}
}

// stepOf is a step with two test images of each class.
func stepOf(classes []int, outcomes ...evaluate.Outcome) stepOutcomes {
	s := stepOutcomes{classes: classes, outcomes: outcomes}
	test := some{}
	for label := range classes {
		for range 2 {
			test.index, test.labels = append(test.index, len(test.index)), append(test.labels, uint32(label))
		}
	}
	s.test = test
	return s
}

// By hand. Of two orders of four classes and two seeds, the first student of the first order is right of classes 2 and 0 at first, and
// of half of class 2 and nothing of class 0 at last: it forgets (1/2 + 1) / 2; the second learns class 0 at last: -1/2. Those of the
// other order forget 0 and 1/2. Seeds of an order are averaged: 1/8 and 1/4, mean 3/16, standard error 1/16.
func TestIncrementalRows(t *testing.T) {
	all := [][]stepOutcomes{{
		stepOf([]int{2, 0}, outcomeOf(1, 50, 1, 0, 0, 1, 1), outcomeOf(2, 50, .5, 0, 0, 0, 0)),
		stepOf([]int{2, 0, 1, 3}, outcomeOf(1, 100, .5, 0, 1, 3, 3, 2, 2, 3, 3), outcomeOf(2, 100, .25, 0, 0, 1, 1, 0, 0, 0, 0)),
	}, {
		stepOf([]int{1, 3}, outcomeOf(1, 50, .75, 0, 0, 1, 1), outcomeOf(2, 50, .75, 0, 0, 1, 1)),
		stepOf([]int{1, 3, 0, 2}, outcomeOf(1, 100, .5, 0, 0, 1, 1, 2, 2, 3, 3), outcomeOf(2, 100, .75, 1, 1, 1, 1, 2, 2, 3, 3)),
	}}
	is := func(what string, a Accuracy, mean, se float64) {
		if math.Abs(a.Top1-mean) > 1e-12 || a.SE == nil || math.Abs(*a.SE-se) > 1e-12 {
			t.Errorf("%s: %+v, want %g with standard error %g", what, a, mean, se)
		}
	}
	for _, method := range []string{GDumb, Distill} {
		r := &IncrementalResult{Method: method, Classes: []int{2, 4}, Seeds: 2}
		r.rows(all)
		if len(r.Rows) != 1 || len(r.Rows[0].Runs) != 4 || !slices.Equal(r.Rows[0].Count, []int{50, 100}) {
			t.Fatalf("%+v: want a row of four trainings", r.Rows)
		}
		row := r.Rows[0]
		for i, want := range []float64{.75, -.5, 0, .5} {
			if got := row.Runs[i].Forgetting; math.Abs(got-want) > 1e-12 {
				t.Errorf("training %d forgets %g, want %g", i, got, want)
			}
		}
		is("first step", row.Steps[0], .75, 0)
		is("average", row.Average, .625, .0625)
		is("forgetting", *row.Forgetting, .1875, .0625)
		if method == GDumb { // over the seeds, as all orders have the same students
			is("final", row.Final, .375, .125)
		} else {
			is("final", row.Final, .5, .125)
		}
	}
	one := &IncrementalResult{Method: Distill, Classes: []int{2, 4}, Seeds: 2}
	one.rows(all[:1])
	is("average of one order, over its seeds", one.Rows[0].Average, .5625, .1875)
}

// An order of which a step could not be made, for want of images of a class, is left out.
func TestIncrementalRowsOfAnOrderThatLacksAStep(t *testing.T) {
	r := &IncrementalResult{Method: GDumb, Classes: []int{1, 2}, Seeds: 1}
	r.rows([][]stepOutcomes{
		{stepOf([]int{0}, outcomeOf(1, 50, 1, 0, 0)), stepOf([]int{0, 1})},
		{stepOf([]int{1}, outcomeOf(1, 50, 1, 0, 0)), stepOf([]int{0, 1}, outcomeOf(1, 90, .5, 0, 0, 0, 0))},
	})
	if len(r.Rows) != 1 || len(r.Rows[0].Runs) != 1 || r.Rows[0].Runs[0].Order != 2 || !slices.Equal(r.Rows[0].Count, []int{50, 90}) || r.Rows[0].Final.Top1 != .5 {
		t.Errorf("%+v: want the second order's", r.Rows)
	}
}
