package evaluation

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// chart is curves by epoch, and what each of them is of.
type chart struct {
	figure.Curves
	of []lineOf
}

// lineOf is what a curve is of: a trial of the list, or with figure.None the mean of a row's finished ones.
type lineOf struct{ row, trial int }

// resultBlocks are the bars of all students and sets, and of the chosen student the differences and the curves.
func (e *evaluation) resultBlocks(s selection, x *scene.Context) page {
	bars := 26 + 22.0 + barTall*float64(len(s.rows)) + 22*float64(len(s.students))
	p := page{share: 0.5, left: []block{{least: bars, draw: func(c ui.Canvas, r ui.Rect) { e.drawBars(c, r, s, x) }}},
		right: []block{
			{least: 210, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawCurves(c, r, s, x) }},
			{least: 170, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawLosses(c, r, s, x) }},
		}}
	if n := len(s.controls(measureParam.Of(x.View))); n > 0 {
		p.left = append(p.left, block{least: 26 + 34 + barTall*float64(n), draw: func(c ui.Canvas, r ui.Rect) { e.drawDifferences(c, r, s, x) }})
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
			k := measured(row, measure)
			m := figure.Measure{Head: head, Label: short(row), Value: percent(k.Mean), Error: twice(k), Tint: tint(x.Theme, row.Images),
				Hatched: row.Labels == event.HardLabels, Reading: reading(k, row)}
			for _, t := range row.Of {
				m.Singles = append(m.Singles, percent(of(x.Whole.Evaluation.Trials.List[t], measure)))
			}
			b.Rows, e.rowsOf = append(b.Rows, m), append(e.rowsOf, i)
			head = ""
		}
	}
	b.Draw(c, ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: r.H - 26}, x.Theme)
}

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

// difference is the accuracy of the distilled images with soft labels less that of another row.
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
	figure.Head(c, r, "Distilled less …, percentage points", t.Ink, s.student, t)
	d.Signed, d.Tall, d.Hover = true, barTall, e.over.difference
	for _, k := range s.controls(measureParam.Of(x.View)) {
		m := figure.Measure{Label: short(&s.rows[k.row]), Value: 100 * k.by.Mean, Error: 200 * k.by.SE, Tint: t.Muted, Reading: written("%+.1f", 100*k.by.Mean)}
		switch {
		case math.IsNaN(k.by.SE):
			m.Reading += ", error unknown"
		case k.by.Shown():
			m.Tint = t.Syn
		default:
			m.Reading += ", not shown"
		}
		d.Rows = append(d.Rows, m)
	}
	d.Draw(c, ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: r.H - 26}, t)
}

// drawCurves paints the accuracies of the chosen student by epoch.
func (e *evaluation) drawCurves(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	top5 := measureParam.Of(x.View) == lastTop5
	title := "Accuracy by epoch, %"
	if top5 {
		title = "Top-5 accuracy by epoch, %"
	}
	figure.Head(c, r, title, x.Theme.Ink, s.student+", tested on "+ui.Count(x.Whole.Evaluation.Trials.TestImages, "image"), x.Theme)
	e.accuracy.Hover = e.over.accuracy
	e.accuracy.take(s, x, func(p event.CurvePoint) float64 {
		if top5 {
			return percent(float64(p.Top5))
		}
		return percent(float64(p.Top1))
	})
	e.drawChart(c, ui.Rect{X: r.X, Y: r.Y + 18, W: r.W, H: r.H - 18}, &e.accuracy, s, x)
}

// drawLosses paints the training losses of the chosen student by epoch.
func (e *evaluation) drawLosses(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	figure.Head(c, r, "Training loss by epoch", x.Theme.Ink, "of soft and hard labels: not to be compared", x.Theme)
	e.loss.Hover = e.over.loss
	e.loss.take(s, x, func(p event.CurvePoint) float64 { return float64(p.Loss) })
	e.drawChart(c, ui.Rect{X: r.X, Y: r.Y + 18, W: r.W, H: r.H - 18}, &e.loss, s, x)
}

// drawChart paints curves on an axis of epochs.
func (e *evaluation) drawChart(c ui.Canvas, r ui.Rect, k *chart, s selection, x *scene.Context) {
	epochs := 1
	for _, t := range x.Whole.Evaluation.Trials.List {
		if t.Student == s.student {
			epochs = max(epochs, t.Epochs)
		}
	}
	k.Plot = ui.Plot{X: ui.Linear(0, float64(epochs)), XLabel: "epoch"}
	k.Draw(c, r, x.Theme)
	if len(k.Lines) == 0 {
		c.Text(r.Centre(), "none yet", ui.SizeBody, ui.Centre, x.Theme.Muted)
	}
}

// take gives a chart the lines of the chosen student: a thin one for each trial, a thick one for the mean of a row's finished
// trials. Dashed ones are of hard labels.
func (k *chart) take(s selection, x *scene.Context, value func(event.CurvePoint) float64) {
	var means chart
	for i := range s.rows {
		row := &s.rows[i]
		if row.Student != s.student {
			continue
		}
		line := figure.Line{Tint: tint(x.Theme, row.Images).Fade(0.45), Width: 1, Dashed: row.Labels == event.HardLabels}
		finished := map[int][]float64{} // values by epoch
		for place, t := range x.Whole.Evaluation.Trials.List {
			if t.Images != row.Images || t.Labels != row.Labels || t.Student != row.Student {
				continue
			}
			line.Points = series(x.Whole.Evaluation.Curve(place), value)
			if len(line.Points) == 0 {
				continue
			}
			now := line
			if t.State == event.Training {
				now.Tint, now.End = tint(x.Theme, row.Images), true
			}
			k.Lines, k.of = append(k.Lines, now), append(k.of, lineOf{i, place})
			for _, p := range line.Points {
				if t.State == event.Trained {
					finished[int(p.X)] = append(finished[int(p.X)], p.Y)
				}
			}
		}
		line.Points, line.Tint, line.Width, line.End = meanLine(finished, row.Last.N), tint(x.Theme, row.Images), 2.2, true
		if len(line.Points) > 0 {
			means.Lines, means.of = append(means.Lines, line), append(means.of, lineOf{i, figure.None})
		}
	}
	k.Lines, k.of = append(k.Lines, means.Lines...), append(k.of, means.of...)
}

// meanLine is the mean at each epoch at which all of so many trials have a value.
func meanLine(values map[int][]float64, trials int) (pts []ui.Point) {
	if trials < 2 {
		return nil
	}
	for _, epoch := range slices.Sorted(maps.Keys(values)) {
		if v := values[epoch]; len(v) == trials {
			pts = append(pts, ui.Point{X: float64(epoch), Y: trial.Of(v).Mean})
		}
	}
	return pts
}

// series keeps the finite values at epochs that ascend.
func series(points []event.CurvePoint, value func(event.CurvePoint) float64) []ui.Point {
	out := make([]ui.Point, 0, len(points))
	last := -1
	for _, p := range points {
		if y := value(p); y-y == 0 && p.Epoch > last {
			out = append(out, ui.Point{X: float64(p.Epoch), Y: y})
			last = p.Epoch
		}
	}
	return out
}

// describeResult says what is under the pointer.
func (e *evaluation) describeResult(s selection, x *scene.Context) []string {
	list := x.Whole.Evaluation.Trials.List
	if i := e.bars.RowAt(e.pointer); i >= 0 {
		return describeRow(&s.rows[e.rowsOf[i]], list, measureParam.Of(x.View))
	}
	if i := e.differences.RowAt(e.pointer); i >= 0 {
		k := s.controls(measureParam.Of(x.View))[i]
		return []string{"Distilled images less " + s.rows[k.row].Name(), typeset(k.by.String()) + ", ± standard error"}
	}
	for _, k := range []*chart{&e.accuracy, &e.loss} {
		line, at := k.LineAt(e.pointer)
		if line < 0 {
			continue
		}
		key, p := k.of[line], k.Lines[line].Points[at]
		who := s.rows[key.row].Name()
		if key.trial >= 0 {
			who += ", seed " + strconv.Itoa(list[key.trial].Seed)
		} else {
			who += ", mean of " + strconv.Itoa(s.rows[key.row].Last.N)
		}
		value := fmt.Sprintf("epoch %.0f: %.1f %%", p.X, p.Y)
		if k == &e.loss {
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
