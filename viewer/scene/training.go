package scene

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/viewer/ui"
)

func init() { register("training", func() Scene { return &training{} }) }

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
	return v.Chart
}

// Update implements Scene.
func (p *training) Update(in ui.Input, s *State, v *View) bool {
	p.over = false
	for _, a := range p.areas {
		if in.Inside && in.Pointer.X >= a.X-6 && in.Pointer.X <= a.X+a.W+6 && in.Pointer.Y >= a.Y-12 && in.Pointer.Y <= a.Y+a.H+20 {
			p.hover, p.over = p.x.Value((in.Pointer.X-a.X)/a.W), true
		}
	}
	return false
}

// Draw implements Scene.
func (p *training) Draw(c ui.Canvas, s *State, v *View, _ float64) {
	w, h := c.Size()
	t := v.theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	chart := s.Chart(v)
	curves := s.curves(chart)
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
	if chart == "recover" {
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
		p.plot(c, cell, curves[i], s, v, chart == "recover", i == 0)
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
	lo, hi, ok := ui.Range(v.Log && !k.unit, k.raw)
	if !ok {
		lo, hi = 0, 1
	}
	plot := ui.Plot{X: p.x, XLabel: "step", Title: k.name}
	switch {
	case k.unit:
		plot.Y = ui.Linear(0, 1)
	case v.Log:
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
	smooth := ui.Smooth(k.raw, v.Smooth, p.unit)
	c.Clip(area.Inset(-3))
	raw := plot.Project(area, ui.Thin(k.raw, int(area.W)))
	if v.Smooth > 0 {
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
