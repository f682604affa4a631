package evaluation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// selection is the trials, and which of them the user looks at.
type selection struct {
	rows     []trial.Row
	students []string
	student  string
	row      *trial.Row // of the student, whose answers are shown; nil without trials
}

// choose reads the choice from the view. What a link names and the run has not is the first there is.
func choose(x *scene.Context) selection {
	s := selection{rows: trial.Rows(x.Whole.Evaluation.Trials.List)}
	s.students = trial.Students(s.rows)
	if len(s.students) == 0 {
		return s
	}
	s.student = s.students[0]
	if name := studentParam.Of(x.View); slices.Contains(s.students, name) {
		s.student = name
	}
	for _, wanted := range []string{setParam.Of(x.View), event.Distilled + "/" + event.SoftLabels, ""} {
		for i := range s.rows {
			if r := &s.rows[i]; r.Student == s.student && (wanted == setName(r) || wanted == "") {
				s.row = r
				return s
			}
		}
	}
	return s
}

// setName names what a row's students were trained on, as links carry it.
func setName(r *trial.Row) string { return r.Images + "/" + r.Labels }

// answered are the names of the student's rows whose answers have been counted.
func (s selection) answered(x *scene.Context) (names []string) {
	for i := range s.rows {
		if _, ok := x.Whole.Evaluation.Confusion(s.rows[i].First); ok && s.rows[i].Student == s.student {
			names = append(names, setName(&s.rows[i]))
		}
	}
	return names
}

// confusion is that of the chosen row; ok is false where its answers have not been counted.
func (s selection) confusion(x *scene.Context) (c event.Confusion, ok bool) {
	if s.row == nil {
		return c, false
	}
	return x.Whole.Evaluation.Confusion(s.row.First)
}

// The accuracies that can be shown.
const (
	lastTop1 = "last"
	bestTop1 = "best"
	lastTop5 = "top5"
)

// measured is a row's accuracy by the name of a measure.
func measured(r *trial.Row, measure string) trial.Stat {
	switch measure {
	case bestTop1:
		return r.Best
	case lastTop5:
		return r.LastTop5
	}
	return r.Last
}

// of is a trial's accuracy by the name of a measure.
func of(t event.Trial, measure string) float64 {
	switch measure {
	case bestTop1:
		return float64(t.Best)
	case lastTop5:
		return float64(t.LastTop5)
	}
	return float64(t.Last)
}

// tint is the colour of what a student was trained on, role its name in the panel.
func tint(t ui.Theme, images string) ui.Color {
	switch images {
	case event.Distilled:
		return t.Syn
	case event.Random:
		return t.Real
	case event.Patches:
		return t.Anchor
	}
	return t.Muted
}

func role(images string) string {
	switch images {
	case event.Distilled:
		return "syn"
	case event.Random:
		return "real"
	case event.Patches:
		return "anchor"
	}
	return "muted"
}

// short is a row's name where there is little room.
func short(r *trial.Row) string {
	name := r.Images
	switch name {
	case event.Random:
		name = "random real"
	case event.AllReal:
		name = "whole set"
	}
	return name + ", " + trial.LabelsName(r.Labels)
}

// percent is a fraction as a percentage, NaN where it is no fraction.
func percent(share float64) float64 {
	if !(share >= 0 && share <= 1) {
		return math.NaN()
	}
	return 100 * share
}

// typeset writes the signs of a text for terminals as a page has them: ± and a true minus.
func typeset(s string) string { return signs.Replace(s) }

var signs = strings.NewReplacer("+- ", "± ", "-", "−")

// written writes a number in a format, without a sign where it rounds to 0; a dash for none.
func written(format string, v float64) string {
	if v-v != 0 {
		return "–"
	}
	s := fmt.Sprintf(format, v)
	if strings.Trim(s, "+-0.") == "" {
		s = strings.TrimLeft(s, "+-")
	}
	return typeset(s)
}

// twice is the length of an error bar: two standard errors in percentage points.
func twice(s trial.Stat) float64 {
	if e := 200 * s.SE; e-e == 0 {
		return e
	}
	return math.NaN()
}
