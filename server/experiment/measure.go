package experiment

import (
	"math"
	"slices"
	"strings"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// What a table measures.
const (
	Last        = "last"        // top-1 of the last test, per cent
	Best        = "best"        // top-1 of the best test, which is chosen on the test images, per cent
	Corruptions = "corruptions" // top-1 on corrupted test images, mean over corruptions and severities, per cent
	Average     = "average"     // of class-incremental learning: average incremental accuracy, per cent
	Forgetting  = "forgetting"  // of class-incremental learning: points of accuracy on classes of earlier steps that are lost at the end
	HLR         = "hlr"         // of DD-Ranking (trial.Ranking), points; lower is better
	IOR         = "ior"         // of DD-Ranking, points
	LRS         = "lrs"         // of DD-Ranking, per cent
	ARS         = "ars"         // of DD-Ranking, per cent
	Seconds     = "seconds"     // of recovery for an image
	Memory      = "memory"      // of the device in recovery, GB
)

// Measures lists them.
func Measures() []string {
	return []string{Last, Best, Corruptions, Average, Forgetting, HLR, IOR, LRS, ARS, Seconds, Memory}
}

// accuracy reports whether a measure is one of students.
func accuracy(measure string) bool {
	return !slices.Contains([]string{HLR, IOR, LRS, ARS, Seconds, Memory}, measure)
}

// unit is that of a measure.
func unit(measure string) string {
	switch measure {
	case Corruptions:
		return "top-1 in per cent on corrupted test images"
	case Average:
		return "average incremental accuracy in per cent"
	case Forgetting:
		return "forgetting in points"
	case HLR, IOR:
		return strings.ToUpper(measure) + " of DD-Ranking in points"
	case LRS, ARS:
		return strings.ToUpper(measure) + " of DD-Ranking in per cent"
	case Seconds:
		return "seconds an image"
	case Memory:
		return "GB of device memory"
	}
	return "top-1 in per cent, " + measure + " test"
}

// measured is a measure of a record; N is 0 where the record does not have it.
func (r *Record) measured(measure string) trial.Stat {
	one := func(v float64) trial.Stat { return trial.Of([]float64{v}) }
	switch {
	case accuracy(measure):
		if row := r.row(event.Distilled, ""); row != nil {
			return row.stat(measure)
		}
	case measure != Seconds && measure != Memory:
		return r.ranked(measure)
	case r.Cost == nil || r.Cost.Images == 0:
	case measure == Seconds:
		return one(r.Cost.Seconds / float64(r.Cost.Images))
	case measure == Memory:
		return one(float64(r.Cost.Memory) / 1e9)
	}
	return trial.Of(nil)
}

// ranked is a score of DD-Ranking, which is of the means over seeds and has no error of its own.
func (r *Record) ranked(measure string) trial.Stat {
	var rows []trial.Row
	for _, w := range r.Rows {
		rows = append(rows, trial.Row{Images: w.Images, Labels: w.Labels, Student: w.Student, Last: trial.Stat{N: w.N, Mean: w.Last.Top1}})
	}
	rank := trial.Rank(rows, r.student(event.SoftLabels))
	value := map[string]float64{HLR: 100 * rank.HLR, IOR: 100 * rank.IOR, LRS: 100 * rank.LRS, ARS: 100 * rank.ARS}[measure]
	own := r.row(event.Distilled, "")
	if own == nil || math.IsNaN(value) {
		return trial.Of(nil)
	}
	return trial.Stat{N: own.N, Mean: value, SD: math.NaN(), SE: math.NaN()}
}

// evaluated is some images with labels, and what students of them have reached.
type evaluated struct {
	run.EvaluationRow
	// Of class-incremental learning, where Best is not told and Last is after the last step.
	Orders     int           `json:"orders,omitempty"`
	Average    *run.Accuracy `json:"average,omitempty"`
	Forgetting *run.Accuracy `json:"forgetting,omitempty"`
}

// row is that of some images and labels, nil where there is none. Without labels it is that of soft ones, else of hard ones. Of
// a search it is the variant whose best test on distilled images is the highest.
func (r *Record) row(images, labels string) *evaluated {
	if labels == "" {
		if row := r.row(images, event.SoftLabels); row != nil {
			return row
		}
		labels = event.HardLabels
	}
	student := r.student(labels)
	i := slices.IndexFunc(r.Rows, func(w evaluated) bool {
		return w.Images == images && w.Labels == labels && w.Student == student
	})
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// control is the row of a control; one with hard labels is none where the cell's own students have them.
func (r *Record) control(images, labels string) *evaluated {
	if own := r.row(event.Distilled, ""); labels == event.HardLabels && own != nil && own.Labels == event.HardLabels && images != event.AllReal {
		return nil
	}
	return r.row(images, labels)
}

// student is the name of the student in the rows.
func (r *Record) student(labels string) (name string) {
	best := math.Inf(-1)
	for _, w := range r.Rows {
		if w.Images == event.Distilled && w.Labels == labels && !strings.HasSuffix(w.Student, trial.WholeViews) && w.Best.Top1 > best {
			name, best = w.Student, w.Best.Top1
		}
	}
	return name
}

// stat is a measure in per cent; N is 0 where it was not measured.
func (w *evaluated) stat(measure string) trial.Stat {
	n := w.N
	if w.Orders > 1 && measure != Last {
		n = w.Orders // whose seeds are averaged first
	}
	a := map[string]*run.Accuracy{Last: &w.Last, Best: &w.Best, Corruptions: w.Corrupted, Average: w.Average, Forgetting: w.Forgetting}[measure]
	if a == nil || measure == Best && w.Orders > 0 {
		return trial.Of(nil)
	}
	part := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return 100 * *v
	}
	return trial.Stat{N: n, Mean: 100 * a.Top1, SD: part(a.SD), SE: part(a.SE)}
}
