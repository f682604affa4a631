// Package training is the scene of the losses: curves of distillation and of the teacher's training, stages and changes.
package training

import (
	"math"

	"reta/shared/event"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
)

func init() {
	scene.Register(scene.Info{Name: "training", Title: "Training", Order: 2, Keys: []scene.Key{
		{Keys: []string{"a"}, Show: "A", Say: "logarithmic axis", Act: "log"},
	}}, func() scene.Scene { return &training{} })
}

var (
	smoothing = view.NewNumber("smooth", 0.6, 0, 0.98) // weight of the past in the loss curves
	logAxis   = view.NewFlag("log", false)             // logarithmic loss axis
	chart     = view.NewText("chart", "recover", "squeeze")
	rateCurve = view.NewFlag("rate", false)      // the learning rate as a curve of its own
	fromStep  = view.NewCount("from", 0, 0, 1e9) // the steps that are shown; both 0: all
	toStep    = view.NewCount("to", 0, 0, 1e9)
)

// training shows every loss against the step: the raw values, and over them their moving average. A click in a plot
// moves the timeline to that step, a drag across it shows the steps between.
type training struct {
	areas []ui.Rect // data area of each plot
	x     ui.Scale
	last  float64 // step at which the whole axis ends
	unit  float64 // steps between readings of the densest curve
	hover float64 // step under the pointer
	over  bool
	held  bool    // a drag began in a plot
	began float64 // at this step
	at    ui.Point
}

// dragged is how far a pointer goes before it drags, CSS pixels.
const dragged = 6.0

// curve is one plotted series.
type curve struct {
	name       string
	role       func(ui.Theme) ui.Color
	raw        []ui.Point
	unit       bool // a fraction: the axis ends at 1
	unsmoothed bool // set, not measured: there is no noise to smooth
}

// curvesOf are the series of a chart; rate adds the learning rate.
func curvesOf(s *state.State, chart string, rate bool) []curve {
	var list []curve
	add := func(name string, role func(ui.Theme) ui.Color, raw []ui.Point) *curve {
		list = append(list, curve{name: name, role: role, raw: raw})
		return &list[len(list)-1]
	}
	muted := func(t ui.Theme) ui.Color { return t.Muted }
	if chart == "squeeze" {
		get := func(f func(event.TrainPoint) float32) []ui.Point {
			return series(s.Squeeze, func(p event.TrainPoint) (int, float32) { return p.Step, f(p) })
		}
		add("Loss", func(t ui.Theme) ui.Color { return t.CE }, get(func(p event.TrainPoint) float32 { return p.Loss }))
		add("Accuracy", func(t ui.Theme) ui.Color { return t.BN }, get(func(p event.TrainPoint) float32 { return p.Accuracy })).unit = true
		if rate {
			add("Learning rate", muted, get(func(p event.TrainPoint) float32 { return p.LR })).unsmoothed = true
		}
		return list
	}
	get := func(f func(event.Point) float32) []ui.Point {
		return series(s.Points, func(p event.Point) (int, float32) { return p.Step, f(p) })
	}
	add("Total", func(t ui.Theme) ui.Color { return t.Total }, get(func(p event.Point) float32 { return p.Total }))
	add("Cross-entropy", func(t ui.Theme) ui.Color { return t.CE }, get(func(p event.Point) float32 { return p.CE }))
	add("Batch norm", func(t ui.Theme) ui.Color { return t.BN }, get(func(p event.Point) float32 { return p.BN }))
	add("Topology", func(t ui.Theme) ui.Color { return t.Topo }, get(func(p event.Point) float32 { return p.Topo }))
	if rate {
		add("Learning rate", muted, get(func(p event.Point) float32 { return p.LR })).unsmoothed = true
	}
	return list
}

// series keeps the finite values.
func series[T any](points []T, f func(T) (int, float32)) []ui.Point {
	out := make([]ui.Point, 0, len(points))
	for _, p := range points {
		if x, y := f(p); !math.IsNaN(float64(y)) && !math.IsInf(float64(y), 0) {
			out = append(out, ui.Point{X: float64(x), Y: float64(y)})
		}
	}
	return out
}

// chartOf is the chart that is drawn: the chosen one, or the one that has points.
func chartOf(s *state.State, v *view.View) string {
	switch {
	case len(s.Squeeze) == 0:
		return "recover"
	case len(s.Points) == 0:
		return "squeeze"
	}
	return chart.Of(v)
}

// shownCurves are those of the chart that is open.
func shownCurves(x *scene.Context) []curve {
	return curvesOf(x.State, chartOf(x.State, x.View), rateCurve.Of(x.View))
}

// Update implements Scene.
func (p *training) Update(in ui.Input, x *scene.Context) bool {
	for _, act := range in.Acts {
		switch act.Name {
		case "log":
			logAxis.Set(x.View, !logAxis.Of(x.View))
		case "reset":
			fromStep.Set(x.View, 0)
			toStep.Set(x.View, 0)
		}
	}
	p.over = false
	for _, a := range p.areas {
		if in.Inside && in.Pointer.X >= a.X-6 && in.Pointer.X <= a.X+a.W+6 && in.Pointer.Y >= a.Y-12 && in.Pointer.Y <= a.Y+a.H+20 {
			p.hover, p.over = p.x.Value(min(max((in.Pointer.X-a.X)/a.W, 0), 1)), true
		}
	}
	switch {
	case len(p.areas) == 0:
		p.held = false
	case in.Clicked && p.over:
		p.held = false
		p.seekTimeline(x)
	case in.Pressed:
		p.held, p.began, p.at = p.over, p.hover, in.Pointer
	case !in.Inside:
		p.held = false
	case p.held && !in.Down:
		p.held = false
		if math.Abs(in.Pointer.X-p.at.X) > dragged {
			p.setRange(x, p.began, p.stepAt(in.Pointer.X))
		}
	case p.held:
		p.hover, p.over = p.stepAt(in.Pointer.X), true
	}
	return false
}

// stepAt is the step at the pointer of a drag that began in some plot, and may have left it.
func (p *training) stepAt(x float64) float64 {
	a := p.areas[0]
	for _, b := range p.areas {
		if p.at.X >= b.X-6 && p.at.X <= b.X+b.W+6 {
			a = b
		}
	}
	return p.x.Value(min(max((x-a.X)/a.W, 0), 1))
}

// seekTimeline moves the timeline to the reading under the pointer; a teacher's training comes before its first step.
func (p *training) seekTimeline(x *scene.Context) {
	if chartOf(x.State, x.View) != "recover" {
		return
	}
	if pts := shownCurves(x)[0].raw; len(pts) > 0 {
		step := pts[nearest(pts, p.hover)].X
		if step >= float64(x.Whole.Step) {
			step = -1
		}
		view.Step.Set(x.View, step)
	}
}

// setRange limits the axis to the steps between two, in either order; a stretch of fewer than two steps changes nothing.
func (p *training) setRange(x *scene.Context, a, b float64) {
	a, b = math.Floor(min(a, b)), math.Ceil(max(a, b))
	if b-a < 2 {
		return
	}
	fromStep.Set(x.View, a)
	toStep.Set(x.View, b)
}

// zoom is the stretch of steps that is shown, false for all.
func (p *training) zoom(v *view.View) (from, to float64, ok bool) {
	from, to = fromStep.Of(v), toStep.Of(v)
	if to == 0 {
		to = p.last
	}
	to = min(to, p.last)
	return from, to, to-from >= 1 && (from > 0 || to < p.last)
}

// Label implements Labeller.
func (p *training) Label(x *scene.Context) string {
	t := p.reading(x)
	words := "Curves. " + t.Caption
	for _, row := range t.Rows {
		words += ", " + row[0] + " " + row[1]
	}
	return words
}

// Empty implements Idler.
func (p *training) Empty(x *scene.Context) *scene.Empty {
	if len(x.Points)+len(x.Squeeze) > 0 {
		return nil
	}
	return &scene.Empty{Head: "No losses yet", Body: x.Waiting()}
}
