package training

import (
	"fmt"
	"sort"
	"strconv"

	"reta/shared/event"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// Draw implements Scene.
func (p *training) Draw(c ui.Canvas, x *scene.Context) {
	s, v, t := x.Whole, x.View, x.Theme
	w, h := c.Size()
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	shown, curves := chartOf(x.State, v), shownCurves(x)
	p.last, p.unit = 0, 1
	for _, k := range curves {
		if n := len(k.raw); n > 0 {
			p.last = max(p.last, k.raw[n-1].X)
		}
	}
	p.areas = p.areas[:0]
	if p.last == 0 && len(curves[0].raw) == 0 {
		return
	}
	if shown == "recover" {
		p.last = max(p.last, float64(s.Hello.Steps))
	} else if s.Status.State == event.Squeezing {
		p.last = max(p.last, float64(s.Status.Total))
	}
	p.last = max(p.last, 1)
	p.x = ui.Linear(0, p.last)
	if from, to, ok := p.zoom(v); ok {
		p.x = ui.Linear(from, to)
	}
	if first := curves[0].raw; len(first) > 1 {
		p.unit = (first[len(first)-1].X - first[0].X) / float64(len(first)-1)
	}
	for i, cell := range cells(ui.Rect{X: 16, Y: 14, W: w - 32, H: h - 24}, len(curves)) {
		p.plot(c, cell, curves[i], x, shown == "recover", i == 0)
	}
}

// cells cuts r into n places: two columns when wide, one when narrow. What is left over of two columns is one place.
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
	if n%columns == 1 {
		out[n-1].W = r.W
	}
	return out
}

func (p *training) plot(c ui.Canvas, r ui.Rect, k curve, x *scene.Context, stages, first bool) {
	v, t := x.View, x.Theme
	col := k.role(t)
	seen := p.within(k.raw)
	lo, hi, ok := ui.Range(logAxis.Of(v) && !k.unit, seen)
	if !ok {
		lo, hi = 0, 1
	}
	_, _, zoomed := p.zoom(v)
	plot := ui.Plot{X: p.x, XLabel: "step", Title: k.name}
	switch {
	case k.unit:
		plot.Y = ui.Linear(0, 1)
	case logAxis.Of(v):
		plot.Y = ui.Log(lo*0.9, hi*1.1)
	case lo == 0 && hi == 0:
		plot.Y = ui.Linear(0, 1)
	default: // down to 0, unless what there is to see would be a flat line then; above is room for the stages' names
		if lo >= 0 && lo < 0.5*hi && !zoomed {
			lo = 0
		}
		foot := lo - 0.04*(hi-lo)
		if lo == 0 {
			foot = 0
		}
		plot.Y = ui.Linear(foot, hi+0.12*(hi-lo))
	}
	area := plot.Frame(c, r, t)
	if area.Empty() {
		return
	}
	p.areas = append(p.areas, area)
	if stages {
		p.bands(c, area, x.Whole, t, first)
		p.marks(c, area, x, t)
		if !x.Live {
			p.cursor(c, area, float64(x.Step), t)
		}
	}
	if len(seen) == 0 {
		words := "none yet"
		if len(k.raw) > 0 {
			words = "none among these steps"
		}
		c.Text(area.Centre(), words, ui.SizeBody, ui.Centre, t.Muted)
		return
	}
	weight := smoothing.Of(v)
	if k.unsmoothed {
		weight = 0
	}
	smooth := ui.Smooth(k.raw, weight, p.unit)
	c.Clip(area.Inset(-3))
	line := func(pts []ui.Point, width float64, col ui.Color) {
		for _, part := range unbroken(pts, k.raw) {
			c.Polyline(plot.Project(area, ui.Thin(part, int(area.W))), width, col)
		}
	}
	if weight > 0 {
		line(seen, 1, col.Fade(0.38))
	}
	line(p.within(smooth), 2, col)
	if len(seen) <= 40 {
		for _, q := range plot.Project(area, seen) {
			ui.Disc(c, q, 2.5, col.Fade(0.7))
		}
	}
	c.Clip(ui.Rect{})
	if p.held {
		a, b := area.X+area.W*p.x.At(min(p.began, p.hover)), area.X+area.W*p.x.At(max(p.began, p.hover))
		ui.Fill(c, ui.Rect{X: a, Y: area.Y, W: b - a, H: area.H}, t.Accent.Fade(0.15))
	}
	p.readout(c, r, area, &plot, k, smooth, x)
}

// within is the part of a series that the axis shows, with one point beyond on either side, so that lines go on.
func (p *training) within(pts []ui.Point) []ui.Point {
	from := sort.Search(len(pts), func(i int) bool { return pts[i].X >= p.x.Min })
	to := sort.Search(len(pts), func(i int) bool { return pts[i].X > p.x.Max })
	if from == to {
		return nil
	}
	return pts[max(from-1, 0):min(to+1, len(pts))]
}

// unbroken cuts a part of a series where readings are missing: where the next one is ten times as far as they are from
// each other in the mean of all.
func unbroken(pts, all []ui.Point) [][]ui.Point {
	far := 10 * (all[len(all)-1].X - all[0].X) / float64(max(len(all)-1, 1))
	var out [][]ui.Point
	from := 0
	for i := 1; i < len(pts); i++ {
		if pts[i].X-pts[i-1].X > far {
			out = append(out, pts[from:i])
			from = i
		}
	}
	return append(out, pts[from:])
}

// bands shades every second stage.
func (p *training) bands(c ui.Canvas, area ui.Rect, s *state.State, t ui.Theme, labels bool) {
	n, ends := s.Stages()
	from := 0.0
	for stage := range n {
		to := p.x.Max
		if e, known := ends[stage]; known {
			to = float64(e)
		} else if s.Hello.Steps > 0 {
			to = float64(s.Hello.Steps*(stage+1)) / float64(n)
		}
		x0, x1 := area.X+area.W*max(p.x.At(from), 0), area.X+area.W*min(p.x.At(to), 1)
		if from = to; x1 <= x0 {
			continue
		}
		if stage%2 == 1 {
			ui.Fill(c, ui.Rect{X: x0, Y: area.Y, W: x1 - x0, H: area.H}, t.Ink.Fade(0.04))
		}
		if label := fmt.Sprintf("stage %d", stage+1); labels && area.H > 110 && c.TextWidth(label, ui.SizeSmall) < x1-x0-8 {
			c.Text(ui.Point{X: (x0 + x1) / 2, Y: area.Y + 10}, label, ui.SizeSmall, ui.Centre, t.Muted)
		}
	}
}

// marks shows where residual connections and changes of settings were: a line each, with a diamond below or a triangle
// above.
func (p *training) marks(c ui.Canvas, area ui.Rect, x *scene.Context, t ui.Theme) {
	at := func(step int) (float64, bool) {
		share := p.x.At(float64(step))
		return area.X + area.W*share, share >= 0 && share <= 1
	}
	const r = 4.0
	var lines []ui.Point
	for _, e := range x.Whole.Ends {
		if px, in := at(e.Step); in && e.Anchors > 0 {
			lines = append(lines, ui.Point{X: px, Y: area.Y}, ui.Point{X: px, Y: area.Y + area.H})
		}
	}
	if len(lines) > 0 {
		c.Segments(lines, 1, t.Anchor.Fade(0.55))
	}
	for i := 1; i < len(lines); i += 2 {
		q := lines[i]
		c.Polygon([]ui.Point{{X: q.X, Y: q.Y - r}, {X: q.X + r, Y: q.Y}, {X: q.X, Y: q.Y + r}, {X: q.X - r, Y: q.Y}}, t.Anchor)
	}
	lines = lines[:0]
	var signs []ui.Point
	for _, change := range x.Whole.ChangesInForce() {
		if px, in := at(change.Step); in {
			lines = append(lines, ui.Point{X: px, Y: area.Y}, ui.Point{X: px, Y: area.Y + area.H})
			signs = append(signs, ui.Point{X: px - r, Y: area.Y + r}, ui.Point{X: px + r, Y: area.Y + r}, ui.Point{X: px, Y: area.Y - r})
		}
	}
	if len(lines) > 0 {
		c.Segments(lines, 1, t.Ink.Fade(0.35))
		c.Triangles(signs, t.Ink)
	}
}

// cursor is the step that the timeline shows.
func (p *training) cursor(c ui.Canvas, area ui.Rect, step float64, t ui.Theme) {
	share := p.x.At(step)
	if share < 0 || share > 1 {
		return
	}
	px := area.X + area.W*share
	c.Segments([]ui.Point{{X: px, Y: area.Y}, {X: px, Y: area.Y + area.H}}, 1.5, t.Accent)
}

// index is the place of the value to write out: under the pointer, at the step of the timeline, or the latest.
func (p *training) index(raw []ui.Point, x *scene.Context) int {
	switch {
	case p.over:
		return nearest(raw, p.hover)
	case !x.Live && chartOf(x.State, x.View) == "recover":
		return nearest(raw, float64(x.Step))
	}
	return len(raw) - 1
}

// readout marks the value under the pointer, or the latest, and writes it beside the title.
func (p *training) readout(c ui.Canvas, r, area ui.Rect, plot *ui.Plot, k curve, smooth []ui.Point, x *scene.Context) {
	t := x.Theme
	i := p.index(k.raw, x)
	if p.over {
		px := area.X + area.W*p.x.At(k.raw[i].X)
		ui.Fill(c, ui.Rect{X: ui.Snap(ui.Point{X: px}, c.Scale()).X, Y: area.Y, W: 1 / c.Scale(), H: area.H}, t.Muted)
	}
	if share := p.x.At(k.raw[i].X); share >= 0 && share <= 1 {
		for _, dot := range plot.Project(area, smooth[i:i+1]) { // none where the axis has no place for it
			ui.Disc(c, dot, 5, t.Surface)
			ui.Disc(c, dot, 3.5, k.role(t))
		}
	}
	text := ui.Number(k.raw[i].Y)
	if k.unit {
		text = fmt.Sprintf("%.1f %%", 100*k.raw[i].Y)
	}
	right := ui.Point{X: area.X + area.W, Y: r.Y + 8}
	c.Text(right, text, ui.SizeTitle, ui.Right, t.Ink)
	if p.over || !x.Live {
		step := "step " + strconv.Itoa(int(k.raw[i].X))
		at := right.X - c.TextWidth(text, ui.SizeTitle) - 10
		if at-c.TextWidth(step, ui.SizeSmall) > r.X+c.TextWidth(k.name, ui.SizeTitle)+8 {
			c.Text(ui.Point{X: at, Y: right.Y}, step, ui.SizeSmall, ui.Right, t.Muted)
		}
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
