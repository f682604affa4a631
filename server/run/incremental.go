package run

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"

	"reta/compute/evaluate"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// Incremental is class-incremental learning: classes come in steps, and after each step students are trained on the memory of all
// classes so far, and tested on the test images of these classes. Teachers' logits are those of the classes so far, so that nothing
// of later ones is in a label.
type Incremental struct {
	Evaluating     // on all classes; Dir is for all steps
	Steps      int // the classes are divided into
	Orders     int // of the classes, each drawn anew
	Memory     int // images of all classes together, after each step; 0: as many of each class as there are
	Method     string
}

// The methods of class-incremental learning.
const (
	GDumb   = "gdumb"   // students are trained from scratch after each step (Prabhu, Torr and Dokania 2020)
	Distill = "distill" // they go on from those of the step before, whose answers for the classes so far they are to keep
)

// incrementalMethods say how a result came about.
var incrementalMethods = map[string]string{
	GDumb: "GDumb: a new student after each step, trained on the memory of all classes so far; teachers' logits of these classes only",
	Distill: "with distillation: a student goes on from that of the step before, trained on the memory of all classes so far and to answer as before for the classes before; " +
		"teachers' logits of the classes so far only",
}

// Do makes what an earlier call has not finished.
func (e Incremental) Do(ctx context.Context) (*IncrementalResult, error) {
	if e.Steps < 1 || e.Steps > e.Set.Classes || e.Orders < 1 || incrementalMethods[e.Method] == "" {
		return nil, fmt.Errorf("incremental: %d steps and %d orders of %d classes, method %q: want at least one of each, a class a step, and %s or %s", e.Steps, e.Orders, e.Set.Classes, e.Method, GDumb, Distill)
	}
	if err := wholefile.SweepFolders(e.Dir); err != nil {
		return nil, fmt.Errorf("incremental: %w", err)
	}
	r := &IncrementalResult{
		Schema: 2, Program: Version(), Device: e.Device.Info().Name, Dataset: e.Set.Name, Method: e.Method, How: incrementalMethods[e.Method], Seeds: e.Seeds, Memory: e.Memory,
	}
	for _, s := range e.Students {
		r.Students = append(r.Students, EvaluatedStudent{s.Network, s.Protocol})
	}
	for step := range e.Steps {
		r.Classes = append(r.Classes, (step+1)*e.Set.Classes/e.Steps)
	}
	var all [][]stepOutcomes // by order and step
	for order := range e.Orders {
		classes := nn.NewDraws(uint64(order+1), streamOrder).Perm(e.Set.Classes)
		r.Orders = append(r.Orders, e.ids(classes))
		steps, err := e.order(ctx, order, classes, r.Classes)
		if err != nil {
			return nil, err
		}
		all = append(all, steps)
	}
	r.rows(all)
	return r, nil
}

// Incremental is Incremental.Do with the images of a finished run as memory. Teachers and students are chosen as Evaluate does.
func (r *Run) Incremental(ctx context.Context, teachers []*models.Model, e Incremental, choose func(perClass int) ([]Student, error)) (*IncrementalResult, error) {
	r.data = DataOf(r.Set)
	defer r.freeTeachers()
	images, err := r.judging(ctx, teachers, &e.Evaluating, choose)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	e.Emit = r.emit
	return e.Do(ctx)
}

// order makes the steps of an order of the classes.
func (e Incremental) order(ctx context.Context, order int, classes, counts []int) (steps []stepOutcomes, err error) {
	before := map[string]*evaluate.Before{} // students of the step before
	for step, n := range counts {
		logf(e.Emit, "incremental: order %d of %d, step %d of %d: %s", order+1, e.Orders, step+1, e.Steps, event.Counted(n, "class"))
		known := slices.Clone(classes[:n])
		if e.Method == GDumb {
			slices.Sort(known) // the same classes in another order are the same training
		}
		sub, err := e.among(known)
		if err != nil {
			return nil, err
		}
		job, err := sub.job(ctx)
		if err != nil {
			return nil, err
		}
		if e.Method == Distill {
			job.Keep = true
			for i := range job.Trials {
				job.Trials[i].Before = before[job.Trials[i].String()]
			}
		}
		outcomes, err := job.Run(ctx, e.Device)
		if err != nil {
			return nil, err
		}
		for _, t := range job.Trials {
			before[t.String()] = job.Before(t)
		}
		steps = append(steps, stepOutcomes{known, job.Data.Test, outcomes})
	}
	return steps, nil
}

// streamOrder is the random stream of orders of classes.
const streamOrder = 1

func (e Incremental) ids(classes []int) (list []string) {
	for _, c := range classes {
		list = append(list, e.Set.Labels[c].ID)
	}
	return list
}

// among is the evaluation with some classes alone.
func (e Incremental) among(classes []int) (Evaluating, error) {
	sub := e.Evaluating
	place := make([]int, e.Set.Classes)
	for c := range place {
		place[c] = slices.Index(classes, c)
	}
	sub.Set.Classes = len(classes)
	sub.Set.Labels, sub.Set.Index = nil, nil
	for _, c := range classes {
		sub.Set.Labels, sub.Set.Index = append(sub.Set.Labels, e.Set.Labels[c]), append(sub.Set.Index, e.Set.Index[c])
	}
	sub.Set.Train, sub.Set.Test = ofClasses(e.Set.Train, place), ofClasses(e.Set.Test, place)
	sub.Images = ofClasses(e.Images, place)
	if e.Memory > 0 {
		perClass := e.Memory / len(classes)
		if least := slices.Min(evaluate.PerClass(sub.Images, len(classes))); perClass < 1 {
			return sub, fmt.Errorf("incremental: a memory of %d images for %d classes: want one of each at least", e.Memory, len(classes))
		} else if least < perClass {
			warnf(e.Emit, "incremental: there are %d images of a class, fewer than the %d that the memory has room for", least, perClass)
		}
		sub.Images = evaluate.FirstOfEach(sub.Images, len(classes), perClass)
	}
	sub.SetHash = fmt.Sprint(e.SetHash, classes)
	sub.Stores, sub.Labels, sub.Starting = nil, "", nil // of all classes
	sum := sha256.Sum256(fmt.Append(nil, classes, e.Memory))
	sub.Dir = filepath.Join(e.Dir, fmt.Sprintf("%d-classes-%x", len(classes), sum[:6]))
	return sub, nil
}

// some is images of a source with other labels.
type some struct {
	train.Source
	index  []int
	labels []uint32
}

// ofClasses are the images whose class has a place of 0 or more, which is their new label.
func ofClasses(src train.Source, place []int) train.Source {
	s := some{Source: src}
	for i := range src.Len() {
		if p := place[src.Label(i)]; p >= 0 {
			s.index, s.labels = append(s.index, i), append(s.labels, uint32(p))
		}
	}
	return s
}

func (s some) Len() int { return len(s.index) }

func (s some) Label(i int) uint32 { return s.labels[i] }

func (s some) ID(i int) string { return s.Source.ID(s.index[i]) }

func (s some) Batch(idx []int, dst []byte) error {
	of := make([]int, len(idx))
	for k, i := range idx {
		of[k] = s.index[i]
	}
	return s.Source.Batch(of, dst)
}
