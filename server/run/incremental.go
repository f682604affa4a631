package run

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"reta/compute/evaluate"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/trial"
)

// Incremental is class-incremental learning after GDumb (Prabhu, Torr and Dokania 2020): classes come in steps, and after each
// step students are trained from scratch on the memory of all classes so far, and tested on the test images of these classes.
// Teachers' logits are those of the classes so far, so that nothing of later ones is in a label.
type Incremental struct {
	Evaluating     // on all classes; Dir is for all steps
	Steps      int // the classes are divided into
	Orders     int // of the classes, each drawn anew
	Memory     int // images of all classes together, after each step; 0: as many of each class as there are
}

// IncrementalResult is what students reach after each step.
type IncrementalResult struct {
	Schema   int                `json:"schema"`
	Program  string             `json:"program"`
	Device   string             `json:"device"`
	Dataset  string             `json:"dataset"`
	Method   string             `json:"method"`
	Classes  []int              `json:"classes"` // known after each step
	Orders   [][]string         `json:"orders"`  // ids of the classes as they come
	Seeds    int                `json:"seeds"`
	Memory   int                `json:"memory"` // 0: all images
	Students []EvaluatedStudent `json:"students"`
	Rows     []IncrementalRow   `json:"rows"`
}

// IncrementalRow is one student on one kind of memory. Statistics are over orders and seeds.
type IncrementalRow struct {
	Images  string      `json:"images"`
	Labels  string      `json:"labels"`
	Student string      `json:"student"`
	Count   []int       `json:"count"`   // images in memory after each step
	Steps   []Accuracy  `json:"steps"`   // on the classes so far, last test
	Final   Accuracy    `json:"final"`   // after the last step
	Average Accuracy    `json:"average"` // average incremental accuracy: mean over steps
	Runs    [][]float64 `json:"runs"`    // top-1 by step, of each order and seed
}

// IncrementalMethod says how a result came about.
const IncrementalMethod = "GDumb: a new student after each step, trained on the memory of all classes so far; teachers' logits of these classes only"

// Do makes what an earlier call has not finished.
func (e Incremental) Do(ctx context.Context) (*IncrementalResult, error) {
	if e.Steps < 1 || e.Steps > e.Set.Classes || e.Orders < 1 {
		return nil, fmt.Errorf("incremental: %d steps and %d orders of %d classes: want at least one of each and a class a step", e.Steps, e.Orders, e.Set.Classes)
	}
	r := &IncrementalResult{Schema: 1, Program: Version(), Device: e.Device.Info().Name, Dataset: e.Set.Name, Method: IncrementalMethod, Seeds: e.Seeds, Memory: e.Memory}
	for _, s := range e.Students {
		r.Students = append(r.Students, EvaluatedStudent{s.Network, s.Protocol})
	}
	for step := range e.Steps {
		r.Classes = append(r.Classes, (step+1)*e.Set.Classes/e.Steps)
	}
	var all [][]*Evaluation // by order and step
	for order := range e.Orders {
		classes := nn.NewDraws(uint64(order+1), streamOrder).Perm(e.Set.Classes)
		r.Orders = append(r.Orders, e.ids(classes))
		var steps []*Evaluation
		for step, n := range r.Classes {
			logf(e.Emit, "incremental: order %d of %d, step %d of %d: %s", order+1, e.Orders, step+1, e.Steps, event.Counted(n, "class"))
			known := slices.Sorted(slices.Values(classes[:n])) // in the set's order, as a teacher has them
			sub, err := e.among(known)
			if err != nil {
				return nil, err
			}
			result, err := sub.Do(ctx)
			if err != nil {
				return nil, err
			}
			steps = append(steps, result)
		}
		all = append(all, steps)
	}
	r.rows(all)
	return r, nil
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

// rows draws the conclusions.
func (r *IncrementalResult) rows(all [][]*Evaluation) {
	for _, w := range all[0][0].Rows {
		row := IncrementalRow{Images: w.Images, Labels: w.Labels, Student: w.Student}
		var whole []*Evaluation // the steps of an order that lacks none
		for _, steps := range all {
			runs := make([][]float64, r.Seeds)
			for _, e := range steps {
				found := e.row(w)
				if found == nil {
					continue
				}
				for seed, top1 := range found.Runs {
					runs[seed] = append(runs[seed], top1)
				}
			}
			for _, run := range runs {
				if len(run) == len(r.Classes) {
					row.Runs, whole = append(row.Runs, run), steps
				}
			}
		}
		if len(row.Runs) == 0 {
			continue
		}
		var average []float64
		for _, run := range row.Runs {
			average = append(average, trial.Of(run).Mean)
		}
		for step, e := range whole {
			var top1 []float64
			for _, run := range row.Runs {
				top1 = append(top1, run[step])
			}
			row.Count = append(row.Count, e.row(w).Count)
			row.Steps = append(row.Steps, accuracyOf(trial.Of(top1), trial.Stat{}))
		}
		row.Final, row.Average = row.Steps[len(row.Steps)-1], accuracyOf(trial.Of(average), trial.Stat{})
		r.Rows = append(r.Rows, row)
	}
}

// row is that of the same images, labels and student, nil where there is none.
func (r *Evaluation) row(w EvaluationRow) *EvaluationRow {
	i := slices.IndexFunc(r.Rows, func(o EvaluationRow) bool {
		return o.Images == w.Images && o.Labels == w.Labels && o.Student == w.Student
	})
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// IncrementalFile is what an IncrementalResult is kept in.
const IncrementalFile = "incremental.json"

// Write keeps the result in a file, whole or not at all.
func (r *IncrementalResult) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return writeFile(path, append(text, '\n'))
}
