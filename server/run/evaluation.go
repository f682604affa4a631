package run

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/compute/evaluate"
	"reta/server/bundle"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/trial"
)

// EvaluationFile is what came of an evaluation, in the run's folder and in its bundle.
const EvaluationFile = bundle.EvaluationFile

// Evaluation is what students that were trained on images, and on the controls, can do.
type Evaluation struct {
	Schema      int                 `json:"schema"`
	Program     string              `json:"program"`
	Device      string              `json:"device"`
	Dataset     string              `json:"dataset"`
	Classes     int                 `json:"classes"`
	TestImages  int                 `json:"test_images"`
	Memory      int64               `json:"device_memory_bytes"` // with all students
	Teachers    []string            `json:"teachers,omitempty"`  // networks
	Students    []EvaluatedStudent  `json:"students"`
	Trials      []evaluate.Outcome  `json:"trials"`
	Rows        []EvaluationRow     `json:"rows"`
	Ranking     []EvaluationRanking `json:"ranking,omitempty"`
	Corruptions *Corruptions        `json:"corruptions,omitempty"` // of the test images, where students were tested on them
	Findings    []string            `json:"findings"`              // in words
	// Of a shard, "0/3": it has some of the trials, and the keys of all.
	Shard string   `json:"shard,omitempty"`
	Plan  []string `json:"plan,omitempty"`

	list []event.Trial
}

// EvaluatedStudent is a network and all settings of its training.
type EvaluatedStudent struct {
	Network  string            `json:"network"`
	Protocol protocol.Protocol `json:"protocol"`
}

// EvaluationRow is the trials that differ in their seed only. Accuracies are fractions; of one seed there is no deviation.
type EvaluationRow struct {
	Images  string    `json:"images"`
	Labels  string    `json:"labels"`
	Student string    `json:"student"`
	Count   int       `json:"count"` // training images
	N       int       `json:"n"`     // seeds
	Last    Accuracy  `json:"last"`
	Best    Accuracy  `json:"best"`
	Runs    []float64 `json:"runs"` // top-1 of the last test, by seed
	Seconds float64   `json:"seconds"`

	Corrupted   *Accuracy      `json:"corrupted,omitempty"` // on corrupted test images, mean over corruptions and severities
	Corruptions []CorruptedRow `json:"corruptions,omitempty"`
}

// Accuracy is a mean over seeds: top-1 with sample deviation and standard error of the mean, top-5.
type Accuracy struct {
	Top1 float64  `json:"top1"`
	SD   *float64 `json:"sd,omitempty"`
	SE   *float64 `json:"se,omitempty"`
	Top5 float64  `json:"top5"`
}

// EvaluationRanking is DD-Ranking's scores of a student, those that its trials allow.
type EvaluationRanking struct {
	Student string   `json:"student"`
	HLR     *float64 `json:"hlr,omitempty"`
	IOR     *float64 `json:"ior,omitempty"`
	LRS     *float64 `json:"lrs,omitempty"`
	ARS     *float64 `json:"ars,omitempty"`
}

// result draws the conclusions.
func (e Evaluating) result(outcomes []evaluate.Outcome, memory int64) *Evaluation {
	r := &Evaluation{
		Schema: 1, Program: Version(), Device: e.Device.Info().Name, Dataset: e.Set.Name, Classes: e.Set.Classes, TestImages: e.Set.Test.Len(), Memory: memory,
		Corruptions: e.Corruptions,
	}
	for _, m := range e.Teachers {
		r.Teachers = append(r.Teachers, m.Name)
	}
	for _, s := range e.Students {
		r.Students = append(r.Students, EvaluatedStudent{s.Network, s.Protocol})
	}
	r.conclude(outcomes)
	return r
}

// conclude takes in what came of all trials.
func (r *Evaluation) conclude(outcomes []evaluate.Outcome) {
	r.list, r.Trials, r.Rows, r.Ranking, r.Findings = nil, nil, nil, nil, nil
	for _, o := range outcomes {
		r.list = append(r.list, o.Event())
		o.Answers = nil
		r.Trials = append(r.Trials, o)
	}
	rows := trial.Rows(r.list)
	for _, w := range rows {
		row := EvaluationRow{
			Images: w.Images, Labels: w.Labels, Student: w.Student, Count: w.Count, N: w.Last.N, Seconds: w.Seconds,
			Last: accuracyOf(w.Last, w.LastTop5), Best: accuracyOf(w.Best, w.BestTop5),
		}
		for _, i := range w.Of {
			row.Runs = append(row.Runs, outcomes[i].Last().Top1)
		}
		row.corrupted(outcomes, w.Of)
		r.Rows = append(r.Rows, row)
	}
	for _, student := range trial.Students(rows) {
		s := trial.Rank(rows, student)
		if !strings.HasSuffix(student, trial.WholeViews) && (known(s.HLR) != nil || known(s.IOR) != nil) {
			r.Ranking = append(r.Ranking, EvaluationRanking{student, known(s.HLR), known(s.IOR), known(s.LRS), known(s.ARS)})
		}
		if line := trial.Headline(rows, student); line != "" {
			r.Findings = append(r.Findings, line)
		}
		for _, c := range trial.Compare(rows, student) {
			r.Findings = append(r.Findings, c.Sentence())
		}
	}
}

// Rows are the trials as package trial has them.
func (r *Evaluation) rows() []trial.Row { return trial.Rows(r.list) }

// Best is the student of a search whose best test on the images that are judged is the highest, as chosen on the test images; "" without a search.
func (r *Evaluation) Best(of EvaluatedStudent) string {
	if !of.Protocol.Student.Search {
		return ""
	}
	var names []string
	for _, v := range of.Protocol.Variants() {
		names = append(names, of.Network+variant(of.Protocol, v))
	}
	best, at := math.Inf(-1), ""
	for _, w := range r.rows() {
		if w.Images == event.Distilled && slices.Contains(names, w.Student) && w.Best.Mean > best {
			best, at = w.Best.Mean, w.Student
		}
	}
	return at
}

func accuracyOf(top1, top5 trial.Stat) Accuracy {
	return Accuracy{top1.Mean, known(top1.SD), known(top1.SE), top5.Mean}
}

// known is a number, nil for NaN, which JSON does not have.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// maxEvaluationFile is more bytes than the curves of thousands of trials take.
const maxEvaluationFile = 256 << 20

// ReadEvaluation reads what the last evaluation of the images in a folder came to: that of a run, or what server evaluate wrote
// beside other images.
func ReadEvaluation(folder string) (*Evaluation, error) {
	path := filepath.Join(folder, EvaluationFile)
	r := new(Evaluation)
	if err := readResult(path, r); err != nil {
		return nil, err
	}
	for i, o := range r.Trials {
		if len(o.Curve) == 0 {
			return nil, fmt.Errorf("%s: trial %d has no epoch: want at least one of a trial that is over", path, i)
		}
		r.list = append(r.list, o.Event())
	}
	return r, nil
}

// readResult reads a file of results, of JSON.
func readResult(path string, into any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxEvaluationFile {
		return fmt.Errorf("%s: %v of %d bytes: want a file of at most %d", path, info.Mode().Type(), info.Size(), maxEvaluationFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Events are the trials and their curves, as a log has them.
func (r *Evaluation) Events() []event.Event {
	list := event.Trials{TestImages: r.TestImages, List: r.list}
	if len(r.Students) > 0 {
		list.Protocol = r.Students[0].Protocol.Name
	}
	all := []event.Event{list}
	for i, o := range r.Trials {
		all = append(all, o.CurveEvent(i))
	}
	return all
}

// Write keeps the evaluation in a file, whole or not at all.
func (r *Evaluation) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return writeFile(path, append(text, '\n'))
}
