package evaluation

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// resultBlocks are the bars of all students and sets, and of the chosen student the differences and the curves.
func (e *evaluation) resultBlocks(w float64, s selection, x *scene.Context) page {
	bars := 26 + 22.0 + barTall*float64(len(s.rows)) + 22*float64(len(s.students))
	p := page{share: 0.5, left: []block{{least: bars, draw: func(c ui.Canvas, r ui.Rect) { e.drawBars(c, r, s, x) }}},
		right: []block{{least: 210, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawCurves(c, r, s, x) }}}}
	if n := len(s.controls(measureParam.Of(x.View))); n > 0 {
		p.left = append(p.left, block{least: 26 + 34 + barTall*float64(n), draw: func(c ui.Canvas, r ui.Rect) { e.drawDifferences(c, r, s, x) }})
	}
	for i, labels := range s.lossKinds() {
		p.add(block{least: 150, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawLosses(c, r, i, labels, s, x) }}, w)
	}
	return p
}

const barTall = 30.0 // height of a row of bars

// measureTitle names a measure.
func measureTitle(measure string) string {
	switch measure {
	case bestTop1:
		return "Best accuracy, %"
	case lastTop5:
		return "Top-5 accuracy, %"
	}
	return "Accuracy, %"
}

// drawBars paints the accuracy of every row, in groups of students.
func (e *evaluation) drawBars(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	measure := measureParam.Of(x.View)
	figure.Head(c, r, measureTitle(measure), x.Theme.Ink, "error bars: 2 standard errors", x.Theme)
	b := &e.bars
	b.Tall, b.Hover = barTall, e.over.bar
	for _, student := range s.students {
		head := student
		for i := range s.rows {
			row := &s.rows[i]
			if row.Student != student {
				continue
			}
			m := Bar(row, x.Whole.Evaluation.Trials.List, measure, x.Theme)
			m.Head = head
			b.Rows, e.rowsOf = append(b.Rows, m), append(e.rowsOf, i)
			head = ""
		}
	}
	b.Draw(c, ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: r.H - 26}, x.Theme)
}

// Bar is a row of trials as a bar: its mean by the name of a measure ("" for the last test's top-1), two standard errors, and
// the single trials, in percent.
func Bar(row *trial.Row, list []event.Trial, measure string, t ui.Theme) figure.Measure {
	k := measured(row, measure)
	m := figure.Measure{Label: short(row), Value: percent(k.Mean), Error: twice(k), Tint: tint(t, row.Images), Hatched: row.Labels == event.HardLabels,
		Reading: reading(k, row)}
	for _, i := range row.Of {
		m.Singles = append(m.Singles, percent(of(list[i], measure)))
	}
	return m
}

// Gain is a difference as a mark, in percentage points: coloured where it is shown.
func Gain(name string, d trial.Difference, t ui.Theme) figure.Measure {
	m := figure.Measure{Label: name, Value: 100 * d.Mean, Error: 200 * d.SE, Tint: t.Muted, Reading: written("%+.1f", 100*d.Mean)}
	switch {
	case math.IsNaN(d.SE):
		m.Reading += ", error unknown"
	case d.Shown():
		m.Tint = t.Syn
	default:
		m.Reading += ", not shown"
	}
	return m
}

// InWords is a difference as the page writes it: "no difference shown (+0.3 ± 0.5 points)".
func InWords(d trial.Difference) string { return typeset(d.String()) }

// reading is what is written beside a row's bar: its mean and standard error, and how many trials are still to come.
func reading(k trial.Stat, row *trial.Row) string {
	if k.N == 0 {
		return fmt.Sprintf("0 of %d", row.Planned)
	}
	words := written("%.1f", 100*k.Mean)
	if k.SE-k.SE == 0 {
		words += fmt.Sprintf(" ± %.1f", 100*k.SE)
	}
	if k.N < row.Planned {
		words += fmt.Sprintf(" (%d of %d)", k.N, row.Planned)
	}
	return words
}

// difference is the accuracy of the distilled images with soft labels minus that of another row.
type difference struct {
	row int
	by  trial.Difference
}

// differences are those of the chosen student to rows that have a finished trial.
func (s selection) differences(measure string) (list []difference) {
	distilled := trial.Find(s.rows, event.Distilled, event.SoftLabels, s.student)
	if distilled == nil || distilled.Last.N == 0 {
		return nil
	}
	for i := range s.rows {
		if r := &s.rows[i]; r.Student == s.student && r != distilled && r.Last.N > 0 {
			list = append(list, difference{i, trial.Less(measured(distilled, measure), measured(r, measure))})
		}
	}
	return list
}

// controls are the differences to as many other images with the same labels: those that are of the images alone.
func (s selection) controls(measure string) []difference {
	return slices.DeleteFunc(s.differences(measure), func(d difference) bool {
		return s.rows[d.row].Labels != event.SoftLabels || s.rows[d.row].Images == event.AllReal
	})
}

// drawDifferences paints what the distilled images gain over each control.
func (e *evaluation) drawDifferences(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	t, d := x.Theme, &e.differences
	figure.Head(c, r, "Distilled minus …, percentage points", t.Ink, s.student, t)
	d.Signed, d.Tall, d.Hover = true, barTall, e.over.difference
	for _, k := range s.controls(measureParam.Of(x.View)) {
		d.Rows = append(d.Rows, Gain(short(&s.rows[k.row]), k.by, t))
	}
	d.Draw(c, ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: r.H - 26}, t)
}

// describeResult says what is under the pointer.
func (e *evaluation) describeResult(s selection, x *scene.Context) []string {
	list := x.Whole.Evaluation.Trials.List
	if i := e.bars.RowAt(e.pointer); i >= 0 {
		return describeRow(&s.rows[e.rowsOf[i]], list, measureParam.Of(x.View))
	}
	if i := e.differences.RowAt(e.pointer); i >= 0 {
		k := s.controls(measureParam.Of(x.View))[i]
		return []string{"Distilled images minus " + s.rows[k.row].Name(), InWords(k.by) + ", ± standard error"}
	}
	for i, k := range []*chart{&e.accuracy, &e.losses[0], &e.losses[1]} {
		line, at := k.LineAt(e.pointer)
		if line < 0 {
			continue
		}
		key, p := k.of[line], k.Lines[line].Points[at]
		who := s.rows[key.row].Name()
		if len(s.students) > 1 {
			who = s.rows[key.row].Student + ": " + who
		}
		if key.trial >= 0 {
			who += ", seed " + strconv.Itoa(list[key.trial].Seed)
		} else {
			who += ", mean of " + strconv.Itoa(s.rows[key.row].Last.N)
		}
		value := fmt.Sprintf("epoch %.0f: %.1f %%", p.X, p.Y)
		if i > 0 {
			value = fmt.Sprintf("epoch %.0f: loss %s", p.X, ui.Number(p.Y))
		}
		return []string{who, value}
	}
	return nil
}

// describeRow says what a bar stands for.
func describeRow(row *trial.Row, list []event.Trial, measure string) []string {
	k := measured(row, measure)
	lines := []string{row.Name() + ", " + row.Student, ui.Count(row.Count, "image") + ", " + strconv.Itoa(k.N) + " of " + ui.Count(row.Planned, "seed")}
	if k.N > 0 {
		words := "mean " + written("%.2f", 100*k.Mean) + " %"
		if k.N > 1 {
			words += ", standard error " + written("%.2f", 100*k.SE) + ", deviation " + written("%.2f", 100*k.SD)
		}
		lines = append(lines, words)
	}
	const most = 8
	runs := ""
	for i, t := range row.Of {
		if i == most {
			runs += " …"
			break
		}
		runs += " " + written("%.1f", 100*of(list[t], measure))
	}
	if len(row.Of) > 1 {
		lines = append(lines, "the runs:"+runs)
	}
	return lines
}
