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
	of []lineOf
}

// lineOf is what a curve is of: a trial of the list, or with figure.None the mean of a row's finished ones.
type lineOf struct{ row, trial int }

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
