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
	Seconds     = "seconds"     // of recovery for an image
	Memory      = "memory"      // of the device in recovery, GB
)

// Measures lists them.
func Measures() []string { return []string{Last, Best, Corruptions, Seconds, Memory} }

// accuracy reports whether a measure is one of students.
func accuracy(measure string) bool {
	return measure == Last || measure == Best || measure == Corruptions
}

// unit is that of a measure.
func unit(measure string) string {
	switch measure {
	case Corruptions:
		return "top-1 in per cent on corrupted test images"
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
	case r.Cost == nil || r.Cost.Images == 0:
	case measure == Seconds:
		return one(r.Cost.Seconds / float64(r.Cost.Images))
	case measure == Memory:
		return one(float64(r.Cost.Memory) / 1e9)
	}
	return trial.Of(nil)
}

type evaluated run.EvaluationRow

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
	i := slices.IndexFunc(r.Rows, func(w run.EvaluationRow) bool {
		return w.Images == images && w.Labels == labels && w.Student == student
	})
	if i < 0 {
		return nil
	}
	return (*evaluated)(&r.Rows[i])
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

// stat is the accuracy in per cent; N is 0 where it was not measured.
func (w *evaluated) stat(measure string) trial.Stat {
	a := w.Last
	switch {
	case measure == Best:
		a = w.Best
	case measure == Corruptions && w.Corrupted == nil:
		return trial.Of(nil)
	case measure == Corruptions:
		a = *w.Corrupted
	}
	part := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return 100 * *v
	}
	return trial.Stat{N: w.N, Mean: 100 * a.Top1, SD: part(a.SD), SE: part(a.SE)}
}
