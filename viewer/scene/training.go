package scene

import (
	"fmt"
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

func init() {
	register(Info{Name: "training", Title: "Training", Order: 2, Keys: []Key{
		{Keys: []string{"a"}, Show: "A", Say: "logarithmic axis", Act: "log"},
	}}, func() Scene { return &training{} })
}

var (
	smoothing = newNumber("smooth", 0.6, 0, 0.98) // weight of the past in the loss curves
	logAxis   = newFlag("log", false)             // logarithmic loss axis
	chart     = newText("chart", "recover", "squeeze")
)

// training shows every loss against the step: the raw values, and over them their
// moving average.
type training struct {
	areas []ui.Rect // data area of each plot
	x     ui.Scale
	unit  float64 // steps between readings of the densest curve
	hover float64 // step under the pointer
	over  bool
}

// curve is one plotted series.
type curve struct {
	name string
	role func(ui.Theme) ui.Color
	raw  []ui.Point
	unit bool // a fraction: the axis ends at 1
}

func (s *State) curves(chart string) []curve {
	if chart == "squeeze" {
		get := func(f func(event.TrainPoint) float32) []ui.Point {
			return series(s.Squeeze, func(p event.TrainPoint) (int, float32) { return p.Step, f(p) })
		}
		return []curve{
			{"Loss", func(t ui.Theme) ui.Color { return t.CE }, get(func(p event.TrainPoint) float32 { return p.Loss }), false},
			{"Accuracy", func(t ui.Theme) ui.Color { return t.BN }, get(func(p event.TrainPoint) float32 { return p.Accuracy }), true},
		}
	}
	get := func(f func(event.Point) float32) []ui.Point {
		return series(s.Points, func(p event.Point) (int, float32) { return p.Step, f(p) })
	}
	return []curve{
		{"Total", func(t ui.Theme) ui.Color { return t.Total }, get(func(p event.Point) float32 { return p.Total }), false},
		{"Cross-entropy", func(t ui.Theme) ui.Color { return t.CE }, get(func(p event.Point) float32 { return p.CE }), false},
		{"Batch norm", func(t ui.Theme) ui.Color { return t.BN }, get(func(p event.Point) float32 { return p.BN }), false},
		{"Topology", func(t ui.Theme) ui.Color { return t.Topo }, get(func(p event.Point) float32 { return p.Topo }), false},
	}
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

// Chart is the chart that is drawn: the chosen one, or the one that has points.
func (s *State) Chart(v *View) string {
	switch {
	case len(s.Squeeze) == 0:
		return "recover"
	case len(s.Points) == 0:
		return "squeeze"
	}
	return chart.Of(v)
}

// Update implements Scene.
func (p *training) Update(in ui.Input, x *Context) bool {
	p.over = false
	for _, act := range in.Acts {
		if act.Name == "log" {
			logAxis.Set(x.View, !logAxis.Of(x.View))
		}
	}
	for _, a := range p.areas {
		if in.Inside && in.Pointer.X >= a.X-6 && in.Pointer.X <= a.X+a.W+6 && in.Pointer.Y >= a.Y-12 && in.Pointer.Y <= a.Y+a.H+20 {
			p.hover, p.over = p.x.Value((in.Pointer.X-a.X)/a.W), true
		}
	}
	return false
}

// Draw implements Scene.
func (p *training) Draw(c ui.Canvas, x *Context) {
	s, v := x.State, x.View
	w, h := c.Size()
	t := v.theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	shown := s.Chart(v)
	curves := s.curves(shown)
	last := 0.0
	for _, k := range curves {
		if n := len(k.raw); n > 0 {
			last = max(last, k.raw[n-1].X)
		}
	}
	p.areas = p.areas[:0]
	if last == 0 && len(curves[0].raw) == 0 {
		return
	}
	if shown == "recover" {
		last = max(last, float64(s.Hello.Steps))
	} else if s.Status.State == event.Squeezing {
		last = max(last, float64(s.Status.Total))
	}
	p.x = ui.Linear(0, max(last, 1))
	p.unit = 1
	if first := curves[0].raw; len(first) > 1 {
		p.unit = (first[len(first)-1].X - first[0].X) / float64(len(first)-1)
	}
	for i, cell := range cells(ui.Rect{X: 16, Y: 14, W: w - 32, H: h - 24}, len(curves)) {
		p.plot(c, cell, curves[i], s, v, shown == "recover", i == 0)
	}
}

// cells cuts r into n places: two columns when wide, one when narrow.
func cells(r ui.Rect, n int) []ui.Rect {
	columns := 1
	if r.W >= 620 && n > 2 {
		columns = 2
	}
	rows := (n + columns - 1) / columns
	const gap = 18.0
	cw, ch := (r.W-gap*float64(columns-1))/float64(columns), (r.H-gap*float64(rows-1))/float64(rows)
	out := make([]ui.Rect, n)
	for i := range out {
		out[i] = ui.Rect{X: r.X + float64(i%columns)*(cw+gap), Y: r.Y + float64(i/columns)*(ch+gap), W: cw, H: ch}
	}
	return out
}

func (p *training) plot(c ui.Canvas, r ui.Rect, k curve, s *State, v *View, stages, first bool) {
	t := v.theme
	col := k.role(t)
	lo, hi, ok := ui.Range(logAxis.Of(v) && !k.unit, k.raw)
	if !ok {
		lo, hi = 0, 1
	}
	plot := ui.Plot{X: p.x, XLabel: "step", Title: k.name}
	switch {
	case k.unit:
		plot.Y = ui.Linear(0, 1)
	case logAxis.Of(v):
		plot.Y = ui.Log(lo*0.9, hi*1.1)
	default:
		plot.Y = ui.Linear(min(0, lo), hi*1.05)
	}
	area := plot.Frame(c, r, t)
	if area.Empty() {
		return
	}
	p.areas = append(p.areas, area)
	if stages {
		p.bands(c, area, s, t, first)
	}
	if len(k.raw) == 0 {
		c.Text(area.Centre(), "none yet", ui.SizeBody, ui.Centre, t.Muted)
		return
	}
	smooth := ui.Smooth(k.raw, smoothing.Of(v), p.unit)
	c.Clip(area.Inset(-3))
	raw := plot.Project(area, ui.Thin(k.raw, int(area.W)))
	if smoothing.Of(v) > 0 {
		c.Polyline(raw, 1, col.Fade(0.38))
	}
	c.Polyline(plot.Project(area, ui.Thin(smooth, int(area.W))), 2, col)
	if len(k.raw) <= 40 {
		for _, q := range raw {
			ui.Disc(c, q, 2.5, col.Fade(0.7))
		}
	}
	c.Clip(ui.Rect{})
	p.readout(c, r, area, &plot, k, smooth, t)
}

// bands shades every second stage.
func (p *training) bands(c ui.Canvas, area ui.Rect, s *State, t ui.Theme, labels bool) {
	n, ends := s.Stages()
	from := 0.0
	for stage := range n {
		to := p.x.Max
		if e, known := ends[stage]; known {
			to = float64(e)
		} else if s.Hello.Steps > 0 {
			to = float64(s.Hello.Steps*(stage+1)) / float64(n)
		}
		x0, x1 := area.X+area.W*p.x.At(from), area.X+area.W*p.x.At(to)
		if stage%2 == 1 {
			ui.Fill(c, ui.Rect{X: x0, Y: area.Y, W: x1 - x0, H: area.H}, t.Ink.Fade(0.04))
		}
		if label := fmt.Sprintf("stage %d", stage+1); labels && area.H > 110 && c.TextWidth(label, ui.SizeSmall) < x1-x0-8 {
			c.Text(ui.Point{X: (x0 + x1) / 2, Y: area.Y + 10}, label, ui.SizeSmall, ui.Centre, t.Muted)
		}
		from = to
	}
}

// readout marks the value under the pointer, or the latest, and writes it beside the title.
func (p *training) readout(c ui.Canvas, r, area ui.Rect, plot *ui.Plot, k curve, smooth []ui.Point, t ui.Theme) {
	i := len(k.raw) - 1
	if p.over {
		i = nearest(k.raw, p.hover)
		x := area.X + area.W*p.x.At(k.raw[i].X)
		ui.Fill(c, ui.Rect{X: ui.Snap(ui.Point{X: x}, c.Scale()).X, Y: area.Y, W: 1 / c.Scale(), H: area.H}, t.Muted)
	}
	dot := plot.Project(area, smooth[i:i+1])
	ui.Disc(c, dot[0], 5, t.Surface)
	ui.Disc(c, dot[0], 3.5, k.role(t))
	text := ui.Number(k.raw[i].Y)
	if k.unit {
		text = fmt.Sprintf("%.1f %%", 100*k.raw[i].Y)
	}
	right := ui.Point{X: area.X + area.W, Y: r.Y + 8}
	c.Text(right, text, ui.SizeTitle, ui.Right, t.Ink)
	if p.over {
		c.Text(ui.Point{X: right.X - c.TextWidth(text, ui.SizeTitle) - 10, Y: right.Y}, "step "+itoa(int(k.raw[i].X)), ui.SizeSmall, ui.Right, t.Muted)
	}
}

// nearest is the index of the point whose X is closest to x; pts is ascending and not empty.
func nearest(pts []ui.Point, x float64) int {
	lo, hi := 0, len(pts)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if pts[mid].X < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo > 0 && x-pts[lo-1].X < pts[lo].X-x {
		lo--
	}
	return lo
}

// Panel implements Scene.
func (p *training) Panel(x *Context) panel.Panel {
	out := panel.Panel{panel.Lede("What is minimised, step by step: cross-entropy under the teacher, the distance of batch-norm statistics, and the distance of topology.")}
	if len(x.Points) > 0 && len(x.Squeeze) > 0 {
		out = append(out, panel.Choice{Param: chart.Name(), Label: "Curves", Value: x.Chart(x.View),
			Options: []panel.Option{{Value: "recover", Text: "Distillation"}, {Value: "squeeze", Text: "Teacher"}}})
	}
	w := smoothing.Of(x.View)
	words := "off"
	if w > 0 {
		words = fmt.Sprintf("%.2f", w)
	}
	out = append(out,
		panel.Range{Param: smoothing.Name(), Label: "Smoothing", Max: 0.98, Step: 0.02, Value: w, Text: words},
		panel.Note("The faint line is the raw value of each step."),
		panel.Toggle{Param: logAxis.Name(), Label: "Logarithmic axis", Value: logAxis.Of(x.View)},
		p.reading(x))
	if e := x.Result; e != nil {
		out = append(out, panel.Card{Title: "Result", Blocks: panel.Panel{panel.Facts{
			{Name: "Images", Value: itoa(e.Images)},
			{Name: "Cross-entropy", Value: decimal(e.CEBefore) + " → " + decimal(e.CEAfter)},
			{Name: "Batch norm", Value: decimal(e.BNBefore) + " → " + decimal(e.BNAfter)},
			{Name: "Time", Value: duration(float64(e.Seconds))},
			{Name: "Folder", Value: e.Path, Wide: true},
		}}})
	}
	if len(x.Ends) > 0 {
		t := panel.Table{Head: []string{"Stage", "px", "Anchors", "Fit", "κ", "Spread"}, Chosen: -1, Scroll: true}
		for _, e := range x.Ends {
			spread := "–"
			if e.SpreadBefore > 0 && e.SpreadAfter > 0 {
				spread = ui.Number(float64(e.SpreadAfter / e.SpreadBefore))
			}
			t.Rows = append(t.Rows, []string{itoa(e.Stage + 1), itoa(e.Resolution), itoa(e.Anchors), decimal(e.MeanFit), decimal(e.KappaMean), spread})
		}
		out = append(out, panel.Details{ID: "stages", Label: "Stages", Blocks: panel.Panel{t,
			panel.Note("κ: pull-to-anchor, mean over classes. Spread: mean distance inside a class after the connection, over before.")}})
	}
	data := panel.Details{ID: "data", Label: "Data table"}
	if x.Open("data") {
		rows := p.Table(x)
		body := rows[1:]
		slices.Reverse(body)
		data.Blocks = panel.Panel{panel.Table{Head: rows[0], Rows: body[:min(len(body), 200)], Chosen: -1, Scroll: true}}
	}
	return append(out, data)
}

// reading is the values of the latest step, or of the one under the pointer.
func (p *training) reading(x *Context) panel.Table {
	t := panel.Table{Caption: "Latest step", Roles: []string{"total", "ce", "bn", "topo"}, ByRow: true, Chosen: -1}
	shown := x.Chart(x.View)
	if shown == "squeeze" {
		t.Roles = []string{"ce", "bn"}
	}
	for i, k := range x.curves(shown) {
		value := "–"
		if n := len(k.raw); n > 0 {
			at := n - 1
			if p.over {
				at = nearest(k.raw, p.hover)
			}
			value = ui.Number(k.raw[at].Y)
			if k.unit {
				value = fmt.Sprintf("%.1f %%", 100*k.raw[at].Y)
			}
			if i == 0 {
				t.Caption = "Step " + itoa(int(k.raw[at].X))
			}
		}
		t.Rows = append(t.Rows, []string{k.name, value})
	}
	return t
}

// Table implements Tabler.
func (p *training) Table(x *Context) [][]string {
	if x.Chart(x.View) == "squeeze" {
		rows := [][]string{{"Step", "Epoch", "Loss", "Accuracy"}}
		for _, p := range x.Squeeze {
			rows = append(rows, []string{itoa(p.Step), itoa(p.Epoch), decimal(p.Loss), decimal(p.Accuracy)})
		}
		return rows
	}
	rows := [][]string{{"Step", "Total", "CE", "BN", "Topology"}}
	for _, p := range x.Points {
		rows = append(rows, []string{itoa(p.Step), decimal(p.Total), decimal(p.CE), decimal(p.BN), decimal(p.Topo)})
	}
	return rows
}

// Label implements Labeller.
func (p *training) Label(x *Context) string {
	t := p.reading(x)
	words := "Curves. " + t.Caption
	for _, row := range t.Rows {
		words += ", " + row[0] + " " + row[1]
	}
	return words
}

// Empty implements Idler.
func (p *training) Empty(x *Context) *Empty {
	if len(x.Points)+len(x.Squeeze) > 0 {
		return nil
	}
	return &Empty{Head: "No losses yet", Body: x.waiting()}
}
