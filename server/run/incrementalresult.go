package run

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"reta/compute/evaluate"
	"reta/compute/train"
	"reta/shared/trial"
)

// IncrementalResult is what students reach after each step.
type IncrementalResult struct {
	Schema   int                `json:"schema"`
	Program  string             `json:"program"`
	Device   string             `json:"device"`
	Dataset  string             `json:"dataset"`
	Method   string             `json:"method"`  // GDumb or Distill
	How      string             `json:"how"`     // the same in words
	Classes  []int              `json:"classes"` // known after each step
	Orders   [][]string         `json:"orders"`  // ids of the classes as they come
	Seeds    int                `json:"seeds"`
	Memory   int                `json:"memory"` // 0: all images
	Students []EvaluatedStudent `json:"students"`
	Rows     []IncrementalRow   `json:"rows"`
}

// IncrementalRow is one student on one kind of memory. Statistics are over orders, the seeds of an order averaged, since these share
// its classes; of one order they are over its seeds, and so they are after GDumb's last step, where all orders have the same students.
type IncrementalRow struct {
	Images     string           `json:"images"`
	Labels     string           `json:"labels"`
	Student    string           `json:"student"`
	Count      []int            `json:"count"`                // images in memory after each step
	Steps      []Accuracy       `json:"steps"`                // on the classes so far, last test
	Final      Accuracy         `json:"final"`                // after the last step
	Average    Accuracy         `json:"average"`              // average incremental accuracy: mean over steps
	Forgetting *Accuracy        `json:"forgetting,omitempty"` // nil where all classes come at once
	Runs       []IncrementalRun `json:"runs"`
}

// IncrementalRun is the students of one order and seed.
type IncrementalRun struct {
	Order int       `json:"order"` // from 1
	Seed  int       `json:"seed"`
	Top1  []float64 `json:"top1"` // by step
	// Forgetting is the mean, over the classes of all steps but the last, of the best accuracy on the class's test images after an
	// earlier step less that after the last one (Chaudhry et al. 2018).
	Forgetting float64 `json:"forgetting"`
}

// stepOutcomes are what came of a step of an order.
type stepOutcomes struct {
	classes  []int // of the set, in the order of the step's labels
	test     train.Source
	outcomes []evaluate.Outcome
}

// of are the outcomes of a row's students, by seed.
func (s stepOutcomes) of(w IncrementalRow) (list []evaluate.Outcome) {
	for _, o := range s.outcomes {
		if o.Images == w.Images && o.Labels == w.Labels && o.Student == w.Student {
			list = append(list, o)
		}
	}
	return list
}

// recall is the accuracy of answers on the test images of each class, by the class's place in the set.
func (s stepOutcomes) recall(answers []int) map[int]float64 {
	right, all := map[int]float64{}, evaluate.PerClass(s.test, len(s.classes))
	for i, a := range answers {
		if label := int(s.test.Label(i)); a == label {
			right[s.classes[label]] += 1 / float64(all[label])
		}
	}
	return right
}

// forgetting is that of a student's answers, by step.
func forgetting(steps []stepOutcomes, answers [][]int) (mean float64) {
	last := len(steps) - 1
	if last == 0 {
		return 0
	}
	best := map[int]float64{}
	for i, s := range steps[:last] {
		for class, v := range s.recall(answers[i]) {
			best[class] = max(best[class], v)
		}
	}
	final := steps[last].recall(answers[last])
	for _, class := range steps[last-1].classes {
		mean += (best[class] - final[class]) / float64(len(steps[last-1].classes))
	}
	return mean
}

// rows draws the conclusions. An order that lacks a step of a row is left out of it.
func (r *IncrementalResult) rows(all [][]stepOutcomes) {
	for _, first := range all[0][0].outcomes {
		row := IncrementalRow{Images: first.Images, Labels: first.Labels, Student: first.Student}
		if slices.ContainsFunc(r.Rows, func(o IncrementalRow) bool {
			return o.Images == row.Images && o.Labels == row.Labels && o.Student == row.Student
		}) {
			continue
		}
		for order, steps := range all {
			row.add(order+1, steps)
		}
		if len(row.Runs) > 0 {
			row.conclude(r.Method == GDumb)
			r.Rows = append(r.Rows, row)
		}
	}
}

// add takes in an order, unless it lacks a step.
func (row *IncrementalRow) add(order int, steps []stepOutcomes) {
	var count []int
	var runs []IncrementalRun
	var answers [][][]int // by seed and step
	for _, s := range steps {
		of := s.of(*row)
		if len(of) == 0 {
			return
		}
		count = append(count, of[0].Count)
		for i, o := range of {
			if i == len(runs) {
				runs, answers = append(runs, IncrementalRun{Order: order, Seed: o.Seed}), append(answers, nil)
			}
			runs[i].Top1, answers[i] = append(runs[i].Top1, o.Last().Top1), append(answers[i], o.Answers)
		}
	}
	for i := range runs {
		runs[i].Forgetting = forgetting(steps, answers[i])
	}
	row.Count, row.Runs = count, append(row.Runs, runs...)
}

// conclude draws the row's statistics. After the last step of GDumb all orders have the same students.
func (row *IncrementalRow) conclude(sameAtLast bool) {
	last := len(row.Count) - 1
	for step := range row.Count {
		runs := row.Runs
		if sameAtLast && step == last {
			runs = slices.DeleteFunc(slices.Clone(runs), func(x IncrementalRun) bool { return x.Order != runs[0].Order })
		}
		row.Steps = append(row.Steps, overOrders(runs, func(x IncrementalRun) float64 { return x.Top1[step] }))
	}
	row.Final = row.Steps[last]
	row.Average = overOrders(row.Runs, func(x IncrementalRun) float64 { return trial.Of(x.Top1).Mean })
	if last > 0 {
		f := overOrders(row.Runs, func(x IncrementalRun) float64 { return x.Forgetting })
		row.Forgetting = &f
	}
}

// overOrders is the statistic over orders of the means over an order's seeds; of one order it is over the seeds.
func overOrders(runs []IncrementalRun, value func(IncrementalRun) float64) Accuracy {
	var means, seeds []float64
	for i, x := range runs {
		if i > 0 && x.Order != runs[i-1].Order {
			means, seeds = append(means, trial.Of(seeds).Mean), nil
		}
		seeds = append(seeds, value(x))
	}
	if len(means) == 0 {
		return accuracyOf(trial.Of(seeds), trial.Stat{})
	}
	return accuracyOf(trial.Of(append(means, trial.Of(seeds).Mean)), trial.Stat{})
}

// IncrementalFile is what an IncrementalResult is kept in.
const IncrementalFile = "incremental.json"

// ReadIncremental reads what the last class-incremental learning in a folder came to.
func ReadIncremental(folder string) (*IncrementalResult, error) {
	path := filepath.Join(folder, IncrementalFile)
	r := new(IncrementalResult)
	if err := readResult(path, r); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(r.Rows, func(row IncrementalRow) bool { return len(row.Count) == 0 }) {
		return nil, fmt.Errorf("%s: memory without steps: want one at least", path)
	}
	return r, nil
}

// Write keeps the result in a file, whole or not at all.
func (r *IncrementalResult) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return writeFile(path, append(text, '\n'))
}
