package evaluation

import (
	"maps"
	"slices"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// chart is curves by epoch, and what each of them is of.
type chart struct {
	figure.Curves
	of     []lineOf
	epochs int // of the longest training
}

// lineOf is what a curve is of: a trial of the list, or with figure.None the mean of a row's finished ones.
type lineOf struct{ row, trial int }

// drawCurves paints the accuracies by epoch.
func (e *evaluation) drawCurves(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	top5 := measureParam.Of(x.View) == lastTop5
	title := "Accuracy by epoch, %"
	if top5 {
		title = "Top-5 accuracy by epoch, %"
	}
	figure.Head(c, r, title, x.Theme.Ink, s.strong(), x.Theme)
	e.accuracy.Hover = e.over.accuracy
	e.accuracy.take(s, x, "", func(p event.CurvePoint) float64 {
		if top5 {
			return percent(float64(p.Top5))
		}
		return percent(float64(p.Top1))
	})
	e.drawChart(c, ui.Rect{X: r.X, Y: r.Y + 18, W: r.W, H: r.H - 18}, &e.accuracy, x.Theme)
}

// strong says which student's lines are strong, where there are others.
func (s selection) strong() string {
	if len(s.students) < 2 {
		return s.student
	}
	return "strong: " + s.student
}

// lossKinds are the kinds of labels that students are taught. Their losses have scales of their own: a soft one is a divergence at a
// temperature, or a squared error of logits, a hard one a cross-entropy.
func (s selection) lossKinds() (kinds []string) {
	for _, labels := range []string{event.SoftLabels, event.HardLabels} {
		if slices.ContainsFunc(s.rows, func(r trial.Row) bool { return r.Labels == labels }) {
			kinds = append(kinds, labels)
		}
	}
	return kinds
}

// drawLosses paints the training losses by epoch of students that are taught one kind of labels, the i-th chart of losses.
func (e *evaluation) drawLosses(c ui.Canvas, r ui.Rect, i int, labels string, s selection, x *scene.Context) {
	figure.Head(c, r, "Training loss, "+trial.LabelsName(labels), x.Theme.Ink, s.strong(), x.Theme)
	k := &e.losses[i]
	if e.over.losses == i {
		k.Hover = e.over.loss
	}
	k.take(s, x, labels, func(p event.CurvePoint) float64 { return float64(p.Loss) })
	e.drawChart(c, ui.Rect{X: r.X, Y: r.Y + 18, W: r.W, H: r.H - 18}, k, x.Theme)
}

// drawChart paints curves on an axis of epochs.
func (e *evaluation) drawChart(c ui.Canvas, r ui.Rect, k *chart, t ui.Theme) {
	k.Plot = ui.Plot{X: ui.Linear(0, float64(max(k.epochs, 1))), XLabel: "epoch"}
	k.Draw(c, r, t)
	if len(k.Lines) == 0 {
		c.Text(r.Centre(), "none yet", ui.SizeBody, ui.Centre, t.Muted)
	}
}

// take gives a chart its lines, of rows with some labels or, for "", all: of the chosen student a thin one for each trial and a thick
// one for the mean of a row's finished trials, of the others a faint one for each row. Dashed ones are of hard labels.
func (k *chart) take(s selection, x *scene.Context, labels string, value func(event.CurvePoint) float64) {
	var means, thin chart // of the chosen student
	for i := range s.rows {
		row := &s.rows[i]
		switch {
		case labels != "" && row.Labels != labels:
		case row.Student == s.student:
			thin.strong(&means, i, row, x, value)
		default:
			k.faint(i, row, x, value)
		}
	}
	k.Lines, k.of, k.epochs = slices.Concat(k.Lines, thin.Lines, means.Lines), slices.Concat(k.of, thin.of, means.of), max(k.epochs, thin.epochs)
}

// trialsOf are the trials of a row, by their place in the list.
func trialsOf(row *trial.Row, list []event.Trial) (places []int) {
	for place, t := range list {
		if t.Images == row.Images && t.Labels == row.Labels && t.Student == row.Student {
			places = append(places, place)
		}
	}
	return places
}

// strong adds a thin line for each trial of a row, and to means a thick one for their mean.
func (k *chart) strong(means *chart, i int, row *trial.Row, x *scene.Context, value func(event.CurvePoint) float64) {
	line := figure.Line{Tint: tint(x.Theme, row.Images).Fade(0.45), Width: 1, Dashed: row.Labels == event.HardLabels}
	finished := map[int][]float64{} // values by epoch
	list := x.Whole.Evaluation.Trials.List
	for _, place := range trialsOf(row, list) {
		line.Points = series(x.Whole.Evaluation.Curve(place), value)
		if k.epochs = max(k.epochs, list[place].Epochs); len(line.Points) == 0 {
			continue
		}
		now := line
		if list[place].State == event.Training || row.Planned == 1 {
			now.Tint, now.End = tint(x.Theme, row.Images), true
		}
		if row.Planned == 1 { // there will be no mean
			now.Width = 2.2
		}
		k.Lines, k.of = append(k.Lines, now), append(k.of, lineOf{i, place})
		for _, p := range line.Points {
			if list[place].State == event.Trained {
				finished[int(p.X)] = append(finished[int(p.X)], p.Y)
			}
		}
	}
	line.Points, line.Tint, line.Width, line.End = meanLine(finished, row.Last.N), tint(x.Theme, row.Images), 2.2, true
	if len(line.Points) > 0 {
		means.Lines, means.of = append(means.Lines, line), append(means.of, lineOf{i, figure.None})
	}
}

// faint adds one line of a row: the mean of its finished trials or, without two of them, its newest.
func (k *chart) faint(i int, row *trial.Row, x *scene.Context, value func(event.CurvePoint) float64) {
	finished, newest, of := map[int][]float64{}, []ui.Point(nil), figure.None
	list := x.Whole.Evaluation.Trials.List
	for _, place := range trialsOf(row, list) {
		pts := series(x.Whole.Evaluation.Curve(place), value)
		if k.epochs = max(k.epochs, list[place].Epochs); len(pts) > 0 {
			newest, of = pts, place
		}
		for _, p := range pts {
			if list[place].State == event.Trained {
				finished[int(p.X)] = append(finished[int(p.X)], p.Y)
			}
		}
	}
	if mean := meanLine(finished, row.Last.N); len(mean) > 0 {
		newest, of = mean, figure.None
	}
	if len(newest) > 0 {
		k.Lines = append(k.Lines, figure.Line{Points: newest, Tint: tint(x.Theme, row.Images).Fade(0.3), Width: 1.2, Dashed: row.Labels == event.HardLabels})
		k.of = append(k.of, lineOf{i, of})
	}
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
