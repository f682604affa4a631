package report

import (
	"fmt"
	"math"

	"reta/server/run"
	"reta/shared/event"
	"reta/shared/trial"
)

// corrupted is what students reach on corrupted test images, mean over corruptions and severities, beside the images as they are.
func (r *Run) corrupted() table {
	t := table{name: "corrupted", Left: 3, Head: []string{"student", "images", "labels", "seeds", "top-1, clean", "top-1, corrupted", "of clean", "top-5, corrupted"}}
	if r.evaluation == nil || r.evaluation.Corruptions == nil {
		return t
	}
	c := r.evaluation.Corruptions
	t.Caption = fmt.Sprintf("Test accuracy on corrupted images in per cent, mean over %s at %s, ± standard error over seeds", event.Counted(len(c.Names), "corruption"),
		severities(c.Severities))
	for _, w := range r.evaluation.Rows {
		if w.Corrupted == nil {
			continue
		}
		t.add(w.Student, trial.ImagesName(w.Images), w.Labels, fmt.Sprint(w.N), percent(w.Last), percent(*w.Corrupted),
			figure(w.Last.Top1 > 0, "%.0f %%", 100*w.Corrupted.Top1/w.Last.Top1), fmt.Sprintf("%.1f", 100*w.Corrupted.Top5))
	}
	stored := "as they are"
	if c.JPEG > 0 {
		stored = fmt.Sprintf("as JPEGs of quality %d", c.JPEG)
	}
	t.Notes = []string{fmt.Sprintf("Constants published for %d px, seed %d, images stored %s; %s. Not to be put into one column with numbers from the published sets.", c.Column, c.Seed, stored, c.Frost)}
	return t
}

// byCorruption is the same for each corruption and severity.
func (r *Run) byCorruption() table {
	t := table{name: "corruptions", Left: 3, Head: []string{"student", "images", "labels"},
		Caption: "Test accuracy under each corruption in per cent by severity, top-1 of the last epoch, mean over seeds; of the mean over severities ± standard error"}
	if r.evaluation == nil || r.evaluation.Corruptions == nil {
		return t
	}
	for _, s := range r.evaluation.Corruptions.Severities {
		t.Head = append(t.Head, fmt.Sprint(s))
	}
	t.Head = append(t.Head, "mean")
	for i, name := range r.evaluation.Corruptions.Names {
		t.Rows = append(t.Rows, row{Section: name})
		for _, w := range r.evaluation.Rows {
			if i >= len(w.Corruptions) {
				continue
			}
			c := w.Corruptions[i]
			texts := []string{w.Student, trial.ImagesName(w.Images), w.Labels}
			for _, v := range c.Severities {
				texts = append(texts, fmt.Sprintf("%.1f", 100*v))
			}
			t.add(append(texts, percent(c.Mean))...)
		}
	}
	return t
}

// percent is an accuracy in per cent with its standard error.
func percent(a run.Accuracy) string {
	s := trial.Stat{N: 1, Mean: a.Top1, SE: math.NaN()}
	if a.SE != nil {
		s.SE = *a.SE
	}
	return accuracy(s)
}

// severities names one or several.
func severities(list []int) string {
	if len(list) == 1 {
		return fmt.Sprintf("severity %d", list[0])
	}
	return fmt.Sprintf("%d severities", len(list))
}
